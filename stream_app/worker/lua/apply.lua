-- Write committed states and move the position, once: a retry finds the position moved and does nothing.
-- KEYS: partition, due. ARGV: claim, position before, position after, source position, meta, customers, applied at,
-- customer key prefix, segment key prefix, segment key suffix, '1' while rebuilding (keys of any type are replaced),
-- the customers' fields as a msgpack array, then each customer's state record.
-- Fields: id, due, valid until, recency, frequency, monetary, unique products, model version, and for those who are
-- new or moved: segment, name, since, since in µs, sequence, history.
local held = redis.call('HMGET', KEYS[1], 'claim', 'position')
if held[1] ~= ARGV[1] then return 'CLAIM' end
if held[2] == ARGV[3] and ARGV[2] ~= ARGV[3] then return 'DONE' end
if (held[2] or '0') ~= ARGV[2] then return 'POSITION' end
local call, indexed = redis.call, {}
for i, row in ipairs(cmsgpack.unpack(ARGV[12])) do
  local id, segment = row[1], row[9]
  local key = ARGV[8] .. id
  if ARGV[11] == '1' and call('TYPE', key).ok ~= 'hash' then call('DEL', key) end
  if segment then
    local old = call('HGET', key, 'segment')
    -- Somebody deleted the hash: which segment's index still lists the customer is lost with it.
    if not old and call('ZSCORE', KEYS[2], id) then return 'DAMAGED' end
    if old and old ~= '' and old ~= segment then call('ZREM', ARGV[9] .. old .. ARGV[10], id) end
    if segment ~= '' then
      if not indexed[segment] then
        call('HSETNX', KEYS[1], 'index:' .. segment, '1')
        indexed[segment] = true
      end
      call('ZADD', ARGV[9] .. segment .. ARGV[10], row[12], id)
    end
    call('HSET', key, 'segment', segment, 'name', row[10], 'since', row[11], 'sequence', row[13], 'history', row[14])
  end
  local added = call('HSET', key, 'valid_until', row[3], 'recency_at', row[4], 'frequency', row[5],
    'monetary', row[6], 'unique_products', row[7], 'model_version', row[8], 'state', ARGV[12 + i])
  -- Who is not restated has every field already, unless somebody deleted some.
  if added > 0 and not segment then return 'DAMAGED' end
  call('ZADD', KEYS[2], row[2], id)
end
call('HSET', KEYS[1], 'position', ARGV[3], 'source_position', ARGV[4], 'meta', ARGV[5], 'customers', ARGV[6],
  'applied_at', ARGV[7])
return 'OK'
