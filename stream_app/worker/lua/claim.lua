-- Take the right to write a partition's keys, and say what they hold.
-- KEYS: partition, due, blocked. ARGV: claim.
local kind = redis.call('TYPE', KEYS[1]).ok
if kind ~= 'none' and kind ~= 'hash' then return { 'DAMAGED' } end
redis.call('HSET', KEYS[1], 'claim', ARGV[1])
redis.call('HSETNX', KEYS[1], 'position', '0')
kind = redis.call('TYPE', KEYS[2]).ok
if kind ~= 'none' and kind ~= 'zset' then return { 'DAMAGED' } end
kind = redis.call('TYPE', KEYS[3]).ok
if kind ~= 'none' and kind ~= 'hash' then return { 'DAMAGED' } end
local held = redis.call('HMGET', KEYS[1], 'position', 'meta', 'applied_at', 'customers')
return { 'OK', held[1], held[2], held[3], held[4], redis.call('ZCARD', KEYS[2]) }
