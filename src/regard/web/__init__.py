"""Pages and API: what people look at in a browser, and what programs read over HTTP.

The only room that knows the web framework. It shows what the workspace answers and computes nothing itself.
"""

from regard.web.app import make_app as make_app
from regard.web.refreshing import refreshing as refreshing
from regard.web.settings import LOOPBACK as LOOPBACK, Settings as Settings
from regard.web.signin import first_link as first_link
from regard.web.warming import warming as warming
