-- What Argo CD says of an AwsAccount: whether its read role leads to the account that it names.

local function says(status, condition)
  return {status = status, message = condition.reason .. ": " .. condition.message}
end

local status = obj.status
if status == nil or status.conditions == nil or status.observedGeneration ~= obj.metadata.generation then
  return {status = "Progressing", message = "Firebreak has not looked at this spec yet"}
end

for _, condition in ipairs(status.conditions) do
  if condition.type == "Ready" and condition.status == "True" then
    return says("Healthy", condition)
  end
  -- Denied, or the wrong account. What could not be read is Unknown, and passes by itself.
  if condition.type == "Ready" and condition.status == "False" then
    return says("Degraded", condition)
  end
  if condition.type == "Ready" then
    return says("Progressing", condition)
  end
end
return {status = "Progressing", message = "Firebreak has not said whether it is Ready"}
