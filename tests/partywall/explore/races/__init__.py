"""Ten races as small services, each with a correct twin."""

from tests.partywall.explore.races import (
    cache_fill,
    context_variable,
    double_payment,
    pooled_connection,
    recycled_buffer,
    session_renewal,
    shared_global,
    singleton_dependency,
    stale_permission,
    thread_race,
)

RACES = {
    module.RACE.name: module.RACE
    for module in (
        shared_global,
        cache_fill,
        context_variable,
        pooled_connection,
        session_renewal,
        double_payment,
        recycled_buffer,
        singleton_dependency,
        thread_race,
        stale_permission,
    )
}
