-- Return the state records of customers in a namespace that stands at a barrier.
-- KEYS: the namespace's partition and due index. ARGV: the barrier, the prefix of its customers' keys, ids.
local held = redis.call('HMGET', KEYS[1], 'source_position', 'customers')
if held[1] ~= ARGV[1] or tostring(redis.call('ZCARD', KEYS[2])) ~= held[2] then return { 'AWAY' } end
local states = {}
for at = 3, #ARGV do
  local state = redis.call('HGET', ARGV[2] .. ARGV[at], 'state')
  -- Who is listed and has no state is not unknown: a key was lost.
  if not state and redis.call('ZSCORE', KEYS[2], ARGV[at]) then return { 'AWAY' } end
  states[at - 2] = state
end
return { 'OK', states }
