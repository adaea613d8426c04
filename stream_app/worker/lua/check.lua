-- Is the partition still ours and whole? Looks at a slice of its customers a call.
-- KEYS: partition, due. ARGV: claim, position and customers, the same once the chunk under way is applied,
-- customer key prefix, first rank, last rank.
local held = redis.call('HMGET', KEYS[1], 'claim', 'position')
if held[1] ~= ARGV[1] then return 'CLAIM' end
if held[2] ~= ARGV[2] and held[2] ~= ARGV[4] then return 'POSITION' end
if redis.call('ZCARD', KEYS[2]) ~= tonumber(held[2] == ARGV[2] and ARGV[3] or ARGV[5]) then return 'DAMAGED' end
for _, id in ipairs(redis.call('ZRANGE', KEYS[2], ARGV[7], ARGV[8])) do
  if redis.call('EXISTS', ARGV[6] .. id) == 0 then return 'DAMAGED' end
end
return 'OK'
