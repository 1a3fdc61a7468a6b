"""ec2:AssociateTrunkInterface and DescribeTrunkInterfaceAssociations: branch interfaces, which are attached to nothing.

The traffic of a pod with security groups of its own goes through the trunk of its node; anyone who looks at what is attached to the
instance misses it.
"""

from moto.core.responses import ActionResult
from moto.ec2.responses.elastic_network_interfaces import ElasticNetworkInterfaces


def install() -> None:
    ElasticNetworkInterfaces.associate_trunk_interface = _associate
    ElasticNetworkInterfaces.describe_trunk_interface_associations = _describe


def _associations(self) -> list[dict]:
    """Those of one account in one region, in the order in which they were made."""
    return self.ec2_backend.__dict__.setdefault("trunk_associations", [])


def _associate(self) -> ActionResult:
    branch, trunk = self._get_param("BranchInterfaceId"), self._get_param("TrunkInterfaceId")
    for found in self.ec2_backend.get_all_network_interfaces([trunk]):
        found.interface_type = "trunk"
    for found in self.ec2_backend.get_all_network_interfaces([branch]):
        found.interface_type = "branch"
    made = {"AssociationId": f"trunk-assoc-{len(_associations(self)):017x}", "BranchInterfaceId": branch,
            "TrunkInterfaceId": trunk, "InterfaceProtocol": "VLAN", "VlanId": len(_associations(self)) + 1}
    _associations(self).append(made)
    return ActionResult({"InterfaceAssociation": made})


def _describe(self) -> ActionResult:
    return ActionResult({"InterfaceAssociations": _associations(self)})
