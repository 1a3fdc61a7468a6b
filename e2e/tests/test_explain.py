"""What `kubectl explain` tells somebody who has nothing else at hand."""

import pytest

pytest_plugins = ["policy_fixtures"]


@pytest.mark.parametrize("field, says", [
    ("iamRole.methods", ["DenyAll denies", "RevokeSessions denies", "ReplaceTrust puts", "assumed onward"]),
    ("ec2Instance.method", ["Isolate puts", "cannot stop", "Stop stops"]),
    ("s3Bucket.methods", ["BlockPublicAccess sets", "DenyAll adds one statement", "Presigned URLs are cut", "are refused"]),
    ("iamUser.methods", ["DeactivateKeys deactivates", "DenyAll denies", "RevokeSessions denies", "roles that the user"]),
    ("lambdaFunction", ["reserved concurrency is set to 0", "go on until their timeout", "quarantine its role too"]),
    ("securityGroupRule", ["revoked", "open and tracked live on", "under a new id", "explicit word"]),
    ("ecsService.method", ["Isolate deregisters", "cannot stop", "SwapSecurityGroups redeploys", "ScaleToZero clears"]),
])
def test_explain_says_what_each_method_does_and_cannot_stop(kubectl, crds, field, says):
    text = " ".join(kubectl("explain", f"quarantine.spec.target.{field}").split())
    for words in says:
        assert words in text
