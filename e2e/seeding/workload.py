"""What runs: the ECS service under suspicion behind its load balancer, its neighbour, and a function beside them."""

import io
import time
import zipfile

from seeding.access import Clients
from seeding.network import SERVICE_PORT

CLUSTER, SERVICE, NEIGHBOUR = "prod", "api", "orders"
FUNCTION, OTHER_FUNCTION = "payments-refund", "orders-refund"
SECRET = "hunter2-correct-horse-battery-staple"  # tests prove that it is recorded nowhere


def seed(clients: Clients, network: dict, identity: dict) -> dict:
    """Names and ARNs of everything, under the words that the tests use for them."""
    ecs = clients("ecs")
    ecs.create_cluster(clusterName=CLUSTER)
    definition = _task_definition(ecs, SERVICE, identity["taskRoleArn"], identity["executionRoleArn"])
    arn = _service(ecs, SERVICE, definition, 2, network, network["serviceSecurityGroup"], _behind_balancer(network))
    other = _task_definition(ecs, NEIGHBOUR, identity["neighbourRoleArn"], identity["executionRoleArn"])
    neighbour = _service(ecs, NEIGHBOUR, other, 1, network, network["neighbourSecurityGroup"])
    _scaled_between(clients("application-autoscaling"), 2, 6)
    _logs(clients)
    return {"cluster": CLUSTER, "service": SERVICE, "serviceArn": arn, "taskDefinitionArn": definition,
            "neighbourService": NEIGHBOUR, "neighbourServiceArn": neighbour, "secretValue": SECRET,
            "functionName": FUNCTION, "functionArn": _invoked(clients, FUNCTION, identity["taskRoleArn"]),
            "neighbourFunctionName": OTHER_FUNCTION,
            "neighbourFunctionArn": _invoked(clients, OTHER_FUNCTION, identity["neighbourRoleArn"]), "logGroup": f"/ecs/{SERVICE}",
            "evidenceBucket": _evidence_bucket(clients)}


def serve(clients: Clients, network: dict, identity: dict, count: int) -> str:
    """The service alone, as a standby region has it, with its floor; its ARN."""
    ecs = clients("ecs")
    ecs.create_cluster(clusterName=CLUSTER)
    definition = _task_definition(ecs, SERVICE, identity["taskRoleArn"], identity["executionRoleArn"])
    arn = _service(ecs, SERVICE, definition, count, network, network["serviceSecurityGroup"], _behind_balancer(network))
    _scaled_between(clients("application-autoscaling"), count, 6)
    return arn


def _task_definition(ecs, family: str, role: str, execution_role: str) -> str:
    container = {
        "name": "app", "image": f"registry.example.com/{family}:1.4.2", "essential": True, "cpu": 256, "memory": 512,
        "portMappings": [{"containerPort": SERVICE_PORT, "protocol": "tcp"}],
        "environment": [{"name": "DB_PASSWORD", "value": SECRET}, {"name": "LOG_LEVEL", "value": "info"}],
        "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": f"/ecs/{family}"}},
    }
    return ecs.register_task_definition(
        family=family, taskRoleArn=role, executionRoleArn=execution_role, networkMode="awsvpc", cpu="256",
        memory="512", requiresCompatibilities=["FARGATE"], containerDefinitions=[container],
    )["taskDefinition"]["taskDefinitionArn"]


def _service(ecs, name: str, definition: str, count: int, network: dict, group: str, balancers: tuple = ()) -> str:
    placement = {"subnets": network["subnetIds"], "securityGroups": [group], "assignPublicIp": "DISABLED"}
    return ecs.create_service(
        cluster=CLUSTER, serviceName=name, taskDefinition=definition, desiredCount=count, launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": placement}, loadBalancers=list(balancers),
        deploymentConfiguration={"minimumHealthyPercent": 100, "maximumPercent": 200},
        availabilityZoneRebalancing="ENABLED",
        tags=[{"key": "environment", "value": "production"}],
    )["service"]["serviceArn"]


def _behind_balancer(network: dict) -> tuple:
    return ({"targetGroupArn": network["targetGroupArn"], "containerName": "app", "containerPort": SERVICE_PORT},)


def _scaled_between(autoscaling, minimum: int, maximum: int) -> None:
    autoscaling.register_scalable_target(
        ServiceNamespace="ecs", ResourceId=f"service/{CLUSTER}/{SERVICE}",
        ScalableDimension="ecs:service:DesiredCount", MinCapacity=minimum, MaxCapacity=maximum)


def _logs(clients: Clients) -> None:
    """Something to preserve: one stream for each task, as the awslogs driver names them."""
    logs, group = clients("logs"), f"/ecs/{SERVICE}"
    logs.create_log_group(logGroupName=group)
    for arn in clients("ecs").list_tasks(cluster=CLUSTER, serviceName=SERVICE)["taskArns"]:
        stream = f"api/app/{arn.split('/')[-1]}"
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        event = {"timestamp": int(time.time() * 1000), "message": "listening"}
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[event])


def _invoked(clients: Clients, name: str, role: str) -> str:
    """A function with a queue that invokes it, a second one that is off, reserved concurrency, and a URL for everybody."""
    functions, sqs = clients("lambda"), clients("sqs")
    arn = _function(functions, name, role)
    for queue, enabled in ((name, True), (f"{name}-old", False)):
        url = sqs.create_queue(QueueName=queue)["QueueUrl"]
        source = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        functions.create_event_source_mapping(FunctionName=name, EventSourceArn=source, Enabled=enabled, BatchSize=5)
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=20)
    functions.create_function_url_config(FunctionName=name, AuthType="NONE", InvokeMode="RESPONSE_STREAM",
                                         Cors={"AllowOrigins": ["https://example.com"]})
    return arn


def _function(functions, name: str, role: str) -> str:
    """Runs with the role under suspicion: one more thing that a containment of the role cuts off."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("refund.py", "def handle(event, context):\n    return event\n")
    return functions.create_function(FunctionName=name, Runtime="python3.12", Role=role, Handler="refund.handle",
                                     Code={"ZipFile": packed.getvalue()}, Tags={"team": "payments"}, Timeout=3,
                                     Environment={"Variables": {"DB_PASSWORD": SECRET}})["FunctionArn"]


def _evidence_bucket(clients: Clients) -> str:
    """Object Lock, so that nobody may tidy the evidence away."""
    name = f"firebreak-evidence-{clients.account}-{clients.region}"
    placement = {} if clients.region == "us-east-1" else {
        "CreateBucketConfiguration": {"LocationConstraint": clients.region}}
    clients("s3").create_bucket(Bucket=name, ObjectLockEnabledForBucket=True, **placement)
    return name
