-- Tries every command that a worker uses on keys of its own, and returns what the server says of each it denies.
-- KEYS: hash, sorted set, string; all three are gone at the end.
local tried = {
  { 'HSET', KEYS[1], 'a', '1' }, { 'HSETNX', KEYS[1], 'b', '1' }, { 'HGET', KEYS[1], 'a' },
  { 'HMGET', KEYS[1], 'a', 'b' }, { 'HGETALL', KEYS[1] }, { 'HKEYS', KEYS[1] }, { 'HLEN', KEYS[1] },
  { 'HSCAN', KEYS[1], '0' }, { 'HDEL', KEYS[1], 'b' },
  { 'EXISTS', KEYS[1] }, { 'TYPE', KEYS[1] },
  { 'ZADD', KEYS[2], 1, 'a' }, { 'ZCARD', KEYS[2] }, { 'ZCOUNT', KEYS[2], 0, 1 }, { 'ZRANGE', KEYS[2], 0, 0 },
  { 'ZRANGEBYSCORE', KEYS[2], 0, 1 }, { 'ZRANK', KEYS[2], 'a' }, { 'ZSCORE', KEYS[2], 'a' }, { 'ZREM', KEYS[2], 'b' },
  { 'ZREMRANGEBYRANK', KEYS[2], 0, 0 },
  { 'SET', KEYS[3], '1' }, { 'GET', KEYS[3] },
  { 'INFO', 'server' }, { 'PING' }, { 'TIME' },
  { 'DEL', KEYS[1], KEYS[2], KEYS[3] },
}
local denied = {}
for _, command in ipairs(tried) do
  local said = redis.pcall(unpack(command))
  if type(said) == 'table' and said.err then
    denied[#denied + 1] = string.lower(command[1])
    denied[#denied + 1] = said.err
  end
end
return denied
