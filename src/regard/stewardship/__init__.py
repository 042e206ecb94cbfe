"""Who is who, and what is known about the rows: identity by exact key."""

from regard.stewardship.identity import (
    bucket as bucket,
    identify as identify,
    party_id as party_id,
)
