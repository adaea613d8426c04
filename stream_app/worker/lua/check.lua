-- Is the partition still ours and whole? Looks at a slice of its customers and figures a call, counts who is due,
-- and says when the first one is.
-- KEYS: partition, due, blocked. ARGV: claim, position, customers, customer key prefix, first rank, last rank, clock,
-- that every so manieth customer is shown (0: nobody), the figures' key prefix and suffix, how many entries the block
-- list has, and the figures' names …
local held = redis.call('HMGET', KEYS[1], 'claim', 'position')
if held[1] ~= ARGV[1] then return { 'CLAIM' } end
if held[2] ~= ARGV[2] then return { 'POSITION' } end
if redis.call('ZCARD', KEYS[2]) ~= tonumber(ARGV[3]) then return { 'DAMAGED' } end
if redis.call('HLEN', KEYS[3]) ~= tonumber(ARGV[11]) then return { 'DAMAGED' } end
for i = 12, #ARGV do
  -- Figures that are not written yet have no size, and no fields.
  local size = redis.call('HGET', KEYS[1], ARGV[i])
  if redis.call('HLEN', ARGV[9] .. ARGV[i] .. ARGV[10]) ~= tonumber(size or '0') then return { 'DAMAGED' } end
end
local stride, shown = tonumber(ARGV[8]), {}
for i, id in ipairs(redis.call('ZRANGE', KEYS[2], ARGV[5], ARGV[6])) do
  local key = ARGV[4] .. id
  if redis.call('EXISTS', key) == 0 then return { 'DAMAGED' } end
  if stride > 0 and i % stride == 0 then
    shown[#shown + 1] = redis.call('HMGET', key, 'segment', 'recency_at', 'frequency', 'monetary', 'unique_products')
  end
end
local first = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
return { 'OK', redis.call('ZCOUNT', KEYS[2], '-inf', ARGV[7]), first[2] or '+inf', shown }
