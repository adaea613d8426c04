-- Is the partition still ours and whole? Looks at a slice of its customers a call, and counts who is due.
-- KEYS: partition, due. ARGV: claim, position, customers, customer key prefix, first rank, last rank, clock.
local held = redis.call('HMGET', KEYS[1], 'claim', 'position')
if held[1] ~= ARGV[1] then return { 'CLAIM' } end
if held[2] ~= ARGV[2] then return { 'POSITION' } end
if redis.call('ZCARD', KEYS[2]) ~= tonumber(ARGV[3]) then return { 'DAMAGED' } end
for _, id in ipairs(redis.call('ZRANGE', KEYS[2], ARGV[5], ARGV[6])) do
  if redis.call('EXISTS', ARGV[4] .. id) == 0 then return { 'DAMAGED' } end
end
return { 'OK', redis.call('ZCOUNT', KEYS[2], '-inf', ARGV[7]) }
