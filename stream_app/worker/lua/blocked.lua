-- Read the next entries of the block list, and the cursor to go on with ('0': that was all).
-- KEYS: partition, due, blocked. ARGV: claim, position, customers, cursor, how many.
local held = redis.call('HMGET', KEYS[1], 'claim', 'position')
if held[1] ~= ARGV[1] then return { 'CLAIM' } end
if held[2] ~= ARGV[2] then return { 'POSITION' } end
local found = redis.call('HSCAN', KEYS[3], ARGV[4], 'COUNT', ARGV[5])
return { 'OK', found[1], found[2] }
