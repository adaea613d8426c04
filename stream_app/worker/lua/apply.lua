-- Write committed states and move the position, once: a retry finds the position moved and does nothing.
-- KEYS: partition, due. ARGV: claim, position before, position after, source position, meta, customers, applied at,
-- customer key prefix, segment key prefix, segment key suffix, '1' while rebuilding (keys of any type are replaced),
-- then 14 values a customer: id, due, segment, name, since, since in µs, valid until, recency, frequency, monetary,
-- unique products, model version, sequence, history, state (15 with the id).
local held = redis.call('HMGET', KEYS[1], 'claim', 'position')
if held[1] ~= ARGV[1] then return 'CLAIM' end
if held[2] == ARGV[3] and ARGV[2] ~= ARGV[3] then return 'DONE' end
if (held[2] or '0') ~= ARGV[2] then return 'POSITION' end
local call = redis.call
for i = 12, #ARGV, 15 do
  local id, segment = ARGV[i], ARGV[i + 2]
  local key = ARGV[8] .. id
  if ARGV[11] == '1' and call('TYPE', key).ok ~= 'hash' then call('DEL', key) end
  local old = call('HGET', key, 'segment')
  -- Somebody deleted the hash: which segment's index still lists the customer is lost with it.
  if not old and call('ZSCORE', KEYS[2], id) then return 'DAMAGED' end
  if old ~= segment then
    if old and old ~= '' then call('ZREM', ARGV[9] .. old .. ARGV[10], id) end
    if segment ~= '' then call('HSETNX', KEYS[1], 'index:' .. segment, '1') end
  end
  if segment ~= '' then call('ZADD', ARGV[9] .. segment .. ARGV[10], ARGV[i + 5], id) end
  call('HSET', key, 'segment', segment, 'name', ARGV[i + 3], 'since', ARGV[i + 4], 'valid_until', ARGV[i + 6],
    'recency_at', ARGV[i + 7], 'frequency', ARGV[i + 8], 'monetary', ARGV[i + 9], 'unique_products', ARGV[i + 10],
    'model_version', ARGV[i + 11], 'sequence', ARGV[i + 12], 'history', ARGV[i + 13], 'state', ARGV[i + 14])
  call('ZADD', KEYS[2], ARGV[i + 1], id)
end
call('HSET', KEYS[1], 'position', ARGV[3], 'source_position', ARGV[4], 'meta', ARGV[5], 'customers', ARGV[6],
  'applied_at', ARGV[7])
return 'OK'
