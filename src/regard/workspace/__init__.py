"""Where the parts meet: open, check, load, ask. The only room that knows all the others."""

from regard.workspace.added import Addition as Addition, Loss as Loss
from regard.workspace.answers import Answers as Answers
from regard.workspace.asking import Asking as Asking
from regard.workspace.refresh import Refreshed as Refreshed, Refresher as Refresher
from regard.workspace.shown import Shown as Shown
from regard.workspace.workspace import Workspace as Workspace
