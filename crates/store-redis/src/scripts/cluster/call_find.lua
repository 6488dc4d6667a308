-- Answers {record, the offerer's node, the answerer's, moves} of a live call, else {}. Cost O(1).
local it = load()
if not it or it.st ~= 'l' then return {} end
return { it.r, it.o, it.a, it.m }
