"""Where rows come from: mapping files, readers, validation at the door, and loads that can be killed and go on."""

from regard.sources.bind import bind as bind
from regard.sources.load import (
    DONE_KEY as DONE_KEY,
    Identify as Identify,
    Progress as Progress,
    load as load,
    peek as peek,
)
from regard.sources.mend import Mend as Mend, mend as mend
from regard.sources.preview import Preview as Preview, preview as preview
from regard.sources.report import RejectsError as RejectsError, Report as Report, SourceReport as SourceReport
from regard.sources.show import statements as statements
from regard.sources.written import read_source as read_source, read_sources as read_sources
