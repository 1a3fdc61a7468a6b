"""The notifier as one more process beside a bed, with exactly the rights that the chart gives it; and channels, as people see them."""

import dataclasses
import json
import os
import pathlib
import signal

import controller
import processes
import stories
from control import eventually
from people import NOTIFIER
from receiver import Receiver


@dataclasses.dataclass
class Notifier:
    """A notifier that tells what its receiver hears."""

    bed: dict
    receiver: Receiver
    folder: pathlib.Path
    process: processes.Process | None = None

    def starts(self) -> "Notifier":
        """And is not waited for: it waits out the lease of one that was killed."""
        document = json.loads(pathlib.Path(self.bed["kubeconfig"]).read_text())
        document["users"][0]["user"]["as"] = NOTIFIER
        kubeconfig = self.folder / "notifier.kubeconfig"
        kubeconfig.write_text(json.dumps(document))
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "FIREBREAK_"))}
        own = {"KUBECONFIG": str(kubeconfig), "SSL_CERT_FILE": str(self.receiver.certificate), "NO_COLOR": "1"}
        (port,) = processes.free_ports(1)
        command = [str(controller.program("firebreak-controller")), "notify", "--allow-private-addresses", "--trust-absent-lease",
                   f"--listen=127.0.0.1:{port}", "--log-format=text", f"--slack-api={self.receiver.url('/slack')}",
                   f"--pagerduty-api={self.receiver.url('/pager')}"]
        self.process = processes.start("notifier", command, self.folder / f"notifier-{port}.log", kept | own)
        return self

    def is_killed(self) -> "Notifier":
        os.kill(self.process.pid, signal.SIGKILL)
        eventually(lambda: not self.process.alive())
        return self

    def ends(self) -> None:
        if self.process:
            processes.stop(self.process, patience=30)


class Channel(stories.Request):
    """A NotificationChannel."""

    kind = "NotificationChannel"

    @property
    def path(self) -> str:
        return f"/apis/firebreak.dev/v1alpha1/namespaces/{self.story.namespace}/notificationchannels/{self.name}"


def channel(story: stories.Story, name: str, keys: dict, **spec) -> Channel:
    """A channel with a Secret of these keys, which the notifier may not read yet."""
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": story.namespace}, "stringData": keys}
    story.kubectl("apply", "--server-side", "-f", "-", give=secret)
    (provider,) = [one for one in ("heartbeat", "pagerDuty", "slack", "teams", "webhook") if one in spec]
    spec[provider] = {"secretRef": {"name": name}} | spec[provider]
    given = {"apiVersion": "firebreak.dev/v1alpha1", "kind": "NotificationChannel",
             "metadata": {"name": name, "namespace": story.namespace}, "spec": spec}
    story.kubectl("apply", "--server-side", "-f", "-", give=given)
    return Channel(story, name)


def readable(story: stories.Story, example, *names: str) -> None:
    """The Role and the RoleBinding of the example, for these Secrets of the story's namespace."""
    role, binding = example
    role["rules"][0]["resourceNames"] = list(names)
    for one in (role, binding):
        one["metadata"]["namespace"] = story.namespace
        story.kubectl("apply", "--server-side", "-f", "-", give=one)
