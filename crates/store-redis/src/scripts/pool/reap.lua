-- Withdraws tickets of a node that is gone.
--
-- ARGV 5 node, 6 how many, at most.
-- Answers how many were waiting; 0: none is left. Again: the next. Cost O(log n) for each.
local function answer()
  local name = base .. ':n:' .. ARGV[5]
  local reaped = 0
  for _, device in ipairs(redis.call('HRANDFIELD', name, ARGV[6])) do
    local it = load(device)
    if it.s == 'w' and it.o == ARGV[5] then
      take(it)
      put_aside(it)
      reaped = reaped + 1
    else
      redis.call('HDEL', name, device)
    end
  end
  return reaped
end
