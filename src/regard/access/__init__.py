"""Rights: roles and permissions, data scopes, passwords, secrets of sessions and tokens, how often one may try.

The only room that knows the password library. It decides and computes; what must be remembered is in `store`.
"""

from regard.access.permissions import (
    MEANS as MEANS,
    PERMISSIONS as PERMISSIONS,
    Permission as Permission,
    Role as Role,
)
from regard.access.person import LOCAL as LOCAL, Person as Person
from regard.access.scope import Scope as Scope
from regard.access.throttle import Throttle as Throttle
