-- Remove a slice of a partition's keys; answers how many customers may be left.
-- KEYS: partition, due, blocked. ARGV: claim, customer key prefix, segment key prefix, segment key suffix, slice, the figures'
-- key prefix and suffix.
local kinds = { redis.call('TYPE', KEYS[1]).ok, redis.call('TYPE', KEYS[2]).ok }
if kinds[1] == 'hash' then
  if redis.call('HGET', KEYS[1], 'claim') ~= ARGV[1] then return -1 end
elseif kinds[1] ~= 'none' then
  redis.call('DEL', KEYS[1])
end
if kinds[2] == 'zset' then
  local ids = redis.call('ZRANGE', KEYS[2], 0, tonumber(ARGV[5]) - 1)
  for _, id in ipairs(ids) do redis.call('DEL', ARGV[2] .. id) end
  if #ids > 0 then redis.call('ZREMRANGEBYRANK', KEYS[2], 0, #ids - 1) end
  local left = redis.call('ZCARD', KEYS[2])
  if left > 0 then return left end
else
  redis.call('DEL', KEYS[2])
end
if kinds[1] == 'hash' then
  for _, name in ipairs(redis.call('HKEYS', KEYS[1])) do
    if string.sub(name, 1, 6) == 'index:' then redis.call('DEL', ARGV[3] .. string.sub(name, 7) .. ARGV[4]) end
    if name == 'totals' or string.sub(name, 1, 6) == 'stats:' then redis.call('DEL', ARGV[6] .. name .. ARGV[7]) end
  end
end
redis.call('DEL', KEYS[1], KEYS[3])
redis.call('HSET', KEYS[1], 'claim', ARGV[1])
return 0
