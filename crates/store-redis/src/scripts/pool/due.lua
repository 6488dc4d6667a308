-- Pairs those whom only the passing of time has made compatible, the longest waiting first.
--
-- ARGV 5 how many devices to look at, at most.
-- Answers {more, waiting, pairing …}: more is 1 when there are more to look at, waiting says how many wait in the partition
-- before that, a pairing is {1, first, second} as in `join`.
-- A lost answer is mended when the tickets join again. Cost O(log n) for each one looked at.
local function answer()
  local limit = tonumber(ARGV[5])
  local ripe = redis.call('ZRANGE', base .. ':w', '-inf', now, 'BYSCORE', 'LIMIT', 0, limit)
  if #ripe == 0 then return { 0, waiting } end
  redis.call('ZREM', base .. ':w', unpack(ripe))

  local proposals = {}
  local function propose(device)
    local it = load(device)
    if it.s ~= 'w' then return end
    local partner, wake = seek(it)
    if partner then
      local a, b = it, partner
      if b.k < a.k then a, b = b, a end
      proposals[#proposals + 1] = { a = a, b = b, asker = device }
    elseif wake then
      wake_at(it, wake)
    end
  end

  local function pop()
    local best
    for at, proposal in ipairs(proposals) do
      local than = best and proposals[best]
      if not than or proposal.a.k < than.a.k or (proposal.a.k == than.a.k and proposal.b.k < than.b.k) then best = at end
    end
    return best and table.remove(proposals, best)
  end

  for _, device in ipairs(ripe) do propose(device) end
  local found, taken = { #ripe == limit and 1 or 0, waiting }, {}
  local proposal = pop()
  while proposal do
    local a, b = proposal.a, proposal.b
    if taken[a.d] or taken[b.d] then
      propose(proposal.asker)
    else
      taken[a.d], taken[b.d] = true, true
      take(a)
      take(b)
      found[#found + 1] = matched(pair(a, b))
    end
    proposal = pop()
  end
  return found
end
