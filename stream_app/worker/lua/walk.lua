-- Name the customers who follow a place in the due index, in its order.
-- KEYS: partition, due. ARGV: claim, position, customers, the place's due and id, how many.
local held = redis.call('HMGET', KEYS[1], 'claim', 'position')
if held[1] ~= ARGV[1] then return { 'CLAIM' } end
if held[2] ~= ARGV[2] then return { 'POSITION' } end
if redis.call('ZCARD', KEYS[2]) ~= tonumber(ARGV[3]) then return { 'DAMAGED' } end
-- No id holds a NUL, so this member sorts right behind the place's customer: its rank is where to go on,
-- however many share the instant.
local mark = ARGV[5] .. '\0'
redis.call('ZADD', KEYS[2], ARGV[4], mark)
local rank = redis.call('ZRANK', KEYS[2], mark)
redis.call('ZREM', KEYS[2], mark)
return { 'OK', redis.call('ZRANGE', KEYS[2], rank, rank + tonumber(ARGV[6]) - 1, 'WITHSCORES') }
