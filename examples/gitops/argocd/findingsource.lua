-- What Argo CD says of a FindingSource: whether every account and region answers, or a person must correct something.

local function says(status, condition)
  return {status = status, message = condition.reason .. ": " .. condition.message}
end

local status = obj.status
if status == nil or status.conditions == nil or status.observedGeneration ~= obj.metadata.generation then
  return {status = "Progressing", message = "Firebreak has not looked at this spec yet"}
end

local is = {}
for _, condition in ipairs(status.conditions) do
  is[condition.type] = condition
end

if is.Ready == nil then
  return {status = "Progressing", message = "Firebreak has not said whether it is Ready"}
end
-- A name, a grant, a region or a role is to be corrected.
if is.Stalled ~= nil and is.Stalled.status == "True" then
  return says("Degraded", is.Stalled)
end
if is.Ready.status == "True" then
  return says("Healthy", is.Ready)
end
-- AWS does not answer everywhere, which passes by itself.
return says("Progressing", is.Ready)
