"""A queue on which EventBridge puts what GuardDuty finds: made in the story's account as docs/findings.md says."""

import dataclasses
import json

import findings
import stories
from control import eventually
from watching import Playbook, Source

PATTERN = {"source": ["aws.guardduty"], "detail-type": ["GuardDuty Finding"]}
RECEIVES = "100"


@dataclasses.dataclass
class Queue:
    """The queue, its dead-letter queue, and the rule that fills it."""

    story: stories.Story
    url: str
    arn: str
    dead_url: str

    def publishes(self, finding: dict) -> None:
        """EventBridge tells of a finding, whatever GuardDuty has."""
        entry = {"Source": "aws.guardduty", "DetailType": "GuardDuty Finding", "Detail": json.dumps(finding)}
        answer = self.story.aws("events").put_events(Entries=[entry])
        assert answer["FailedEntryCount"] == 0

    def finds(self, name: str = "iam_exfiltration", **changes) -> dict:
        """GuardDuty has a new finding like that sample, and EventBridge tells of it."""
        world = self.story.world
        finding = findings.found(self.story.control, world, findings.sample(name, world, **changes))
        self.publishes(finding)
        return finding

    def takes(self, body: str) -> None:
        """Somebody puts anything on it."""
        self.story.aws("sqs").send_message(QueueUrl=self.url, MessageBody=body)

    def was_received(self) -> None:
        """Somebody else has received what is on it once, and let it go again."""
        sqs = self.story.aws("sqs")
        asked = {"QueueUrl": self.url, "MaxNumberOfMessages": 10, "VisibilityTimeout": 0, "WaitTimeSeconds": 1}
        assert sqs.receive_message(**asked).get("Messages")

    def is_empty(self) -> None:
        """Waits until nothing is left on it, hidden or not."""
        counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

        def left() -> bool:
            asked = self.story.aws("sqs").get_queue_attributes(QueueUrl=self.url, AttributeNames=counts)
            return all(asked["Attributes"][count] == "0" for count in counts)

        eventually(left, seconds=stories.PATIENCE, every=0.2)

    def rejected(self) -> list[dict]:
        """Waits for what is on the dead-letter queue: body and reason of each."""
        asked = {"QueueUrl": self.dead_url, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"], "VisibilityTimeout": 0}
        found = eventually(lambda: self.story.aws("sqs").receive_message(**asked).get("Messages"),
                           seconds=stories.PATIENCE, every=0.2)
        return [{"body": one["Body"], "reason": one["MessageAttributes"]["reason"]["StringValue"]} for one in found]


def made(story: stories.Story) -> Queue:
    """The queues and the rule."""
    sqs, events = story.aws("sqs"), story.aws("events")
    dead_url = sqs.create_queue(QueueName="firebreak-findings-dead")["QueueUrl"]
    dead = _arn(sqs, dead_url)
    redrive = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": RECEIVES})
    url = sqs.create_queue(QueueName="firebreak-findings", Attributes={"RedrivePolicy": redrive})["QueueUrl"]
    arn = _arn(sqs, url)
    events.put_rule(Name="firebreak-findings", EventPattern=json.dumps(PATTERN))
    events.put_targets(Rule="firebreak-findings", Targets=[{"Id": "queue", "Arn": arn}])
    return Queue(story, url, arn, dead_url)


def _arn(sqs, url: str) -> str:
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def listens(story: stories.Story, queue: str, is_granted: bool = True) -> Source:
    """From now on messages of a queue are received."""
    account = {"name": story.account}
    story.applies("FindingSource", "queue", {"sqs": {"accountRef": account, "queueArn": queue, "accounts": [account]}}, "alice")
    source = Source(story, "queue")
    if is_granted:
        source.says("Ready")
    return source


def played(story: stories.Story, mode: str, *responses: dict) -> None:
    """A playbook of that mode speaks of all findings."""
    story.applies("Playbook", "credentials", {"mode": mode, "responses": list(responses)}, "alice")
    Playbook(story, "credentials").says("Ready")
