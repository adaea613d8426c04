-- Read the figures' records whose names follow one, in the order of the names, at most so many; none: that was all.
-- KEYS: partition, due. ARGV: claim, position, customers, the figures' key prefix and suffix, the name, how many.
local held = redis.call('HMGET', KEYS[1], 'claim', 'position')
if held[1] ~= ARGV[1] then return { 'CLAIM' } end
if held[2] ~= ARGV[2] then return { 'POSITION' } end
if redis.call('ZCARD', KEYS[2]) ~= tonumber(ARGV[3]) then return { 'DAMAGED' } end
local names, records = {}, {}
for _, name in ipairs(redis.call('HKEYS', KEYS[1])) do
  if (name == 'totals' or string.sub(name, 1, 6) == 'stats:') and name > ARGV[6] then names[#names + 1] = name end
end
table.sort(names)
for i = 1, math.min(#names, tonumber(ARGV[7])) do
  local record = redis.call('HGETALL', ARGV[4] .. names[i] .. ARGV[5])
  if #record ~= 2 * tonumber(redis.call('HGET', KEYS[1], names[i])) then return { 'DAMAGED' } end
  records[i] = { names[i], record }
end
return { 'OK', records }
