-- Name the customers who follow a place in the due index of a namespace that stands at a barrier.
-- KEYS: the namespace's partition and due index. ARGV: the barrier, the place's due and id, how many.
local held = redis.call('HMGET', KEYS[1], 'source_position', 'customers')
if held[1] ~= ARGV[1] or tostring(redis.call('ZCARD', KEYS[2])) ~= held[2] then return { 'AWAY' } end
-- As in walk.lua: this member sorts right behind the place's customer.
local mark = ARGV[3] .. '\0'
redis.call('ZADD', KEYS[2], ARGV[2], mark)
local rank = redis.call('ZRANK', KEYS[2], mark)
redis.call('ZREM', KEYS[2], mark)
return { 'OK', redis.call('ZRANGE', KEYS[2], rank, rank + tonumber(ARGV[4]) - 1, 'WITHSCORES') }
