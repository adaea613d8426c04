-- Read customers' states and who is due, or refuse: an empty answer always means an empty partition.
-- KEYS: partition, due. ARGV: claim, position, customers, customer key prefix, clock, budget, ids …
local held = redis.call('HMGET', KEYS[1], 'claim', 'position')
if held[1] ~= ARGV[1] then return { 'CLAIM' } end
if held[2] ~= ARGV[2] then return { 'POSITION' } end
if redis.call('ZCARD', KEYS[2]) ~= tonumber(ARGV[3]) then return { 'DAMAGED' } end
local states = {}
for i = 7, #ARGV do
  local state = redis.call('HGET', ARGV[4] .. ARGV[i], 'state')
  if not state and redis.call('ZSCORE', KEYS[2], ARGV[i]) then return { 'DAMAGED' } end
  states[i - 6] = state
end
local due = {}
if ARGV[6] ~= '0' then
  due = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[5], 'LIMIT', 0, tonumber(ARGV[6]))
end
return { 'OK', states, due }
