"""What watches the account: a GuardDuty detector, which has found nothing yet."""

from seeding.access import Clients


def seed(clients: Clients) -> dict:
    """Its id, under the word that the tests use for it."""
    made = clients("guardduty").create_detector(Enable=True, FindingPublishingFrequency="FIFTEEN_MINUTES")
    return {"detectorId": made["DetectorId"]}
