"""Intervals, comparisons and power: numbers in, numbers out. Pure; the only room that imports scipy.

Everything is vectorised over G groups (cells). A missing number is nan inside this room, with a flag that says why, and
None in the nouns it gives back (`Estimate`, `Verdict`).
"""

from regard.stats.alarms import Alarms as Alarms, alarms as alarms
from regard.stats.bands import (
    LEVEL as LEVEL,
    Bands as Bands,
    critical as critical,
)
from regard.stats.by_method import BY_METHOD as BY_METHOD
from regard.stats.change import (
    Changes as Changes,
    compare as compare,
    verdict as verdict,
    verdicts as verdicts,
)
from regard.stats.dose import response as response
from regard.stats.lags import (
    Lagged as Lagged,
    holm as holm,
    lagged as lagged,
)
from regard.stats.major_days import Threshold as Threshold, major_days as major_days, threshold as threshold
from regard.stats.means import mean_difference as mean_difference
from regard.stats.methods import (
    METHODS as METHODS,
    Compare as Compare,
    Method as Method,
    estimate as estimate,
    scale_of as scale_of,
)
from regard.stats.order import order_ranks as order_ranks
from regard.stats.power import (
    minimum_detectable_change as minimum_detectable_change,
    needed_n as needed_n,
    net_share_sd as net_share_sd,
    share_sd as share_sd,
)
from regard.stats.projection import projection as projection, residual as residual
from regard.stats.proportions import (
    adjusted_wald as adjusted_wald,
    kish as kish,
    net_share_se as net_share_se,
    wilson as wilson,
)
from regard.stats.rates import (
    overdispersion as overdispersion,
    poisson as poisson,
    rate_ratio as rate_ratio,
)
from regard.stats.regression import (
    Fit as Fit,
    pooled as pooled,
    regress as regress,
    relative as relative,
)
from regard.stats.resampling import (
    bootstrap as bootstrap,
    delete_each as delete_each,
    jackknife as jackknife,
    jackknife_difference as jackknife_difference,
)
from regard.stats.season import (
    Decomposed as Decomposed,
    Forecast as Forecast,
    decompose as decompose,
    forecast as forecast,
)
from regard.stats.series import Found as Found, Observed as Observed
from regard.stats.several import (
    RATE as RATE,
    Contributions as Contributions,
    contributions as contributions,
    discoveries as discoveries,
)
from regard.stats.shrinkage import Shrunk as Shrunk, shrink as shrink, shrinkage as shrinkage
from regard.stats.survival import (
    Quantile as Quantile,
    Survival as Survival,
    kaplan_meier as kaplan_meier,
    survival_quantile as survival_quantile,
)
from regard.stats.target import (
    meets as meets,
    status as status,
)
from regard.stats.windows import (
    Worst as Worst,
    minute_grid as minute_grid,
    worst_window as worst_window,
)
from regard.stats.worth import (
    business_case as business_case,
    improvement as improvement,
)
