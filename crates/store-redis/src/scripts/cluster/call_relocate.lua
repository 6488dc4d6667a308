-- A side of a live call is at another node.
--
-- ARGV 2 its life in ms, 3 the side: o or a, 4 node. Answers {record, the offerer's node, the answerer's, moves}, or {}
-- when it is not live; again: one move more. Cost O(1).
local it = load()
if not it or it.st ~= 'l' then return {} end
it[ARGV[3]] = ARGV[4]
local moves = tonumber(it.m) + 1
set(ARGV[2], ARGV[3], ARGV[4], 'm', moves)
return { it.r, it.o, it.a, tostring(moves) }
