-- Every rule model gives the whole of what is attributed to channels, and so does the sum of the contents: any row fails the test.
with attributed as (
    select metric, sum(coalesce(revenue_minor, pipeline_minor)) as minor
    from {{ source('touchline', 'fact_attribution_total') }}
    where is_attributed
    group by metric
), credited as (
    select metric, model, sum(coalesce(revenue_minor, pipeline_minor)) as minor
    from {{ ref('touchline_channel_attribution') }}
    where not is_computed
    group by metric, model
)
select a.metric, c.model, a.minor as attributed, c.minor as credited
from attributed as a
left join credited as c on c.metric = a.metric
where c.minor is distinct from a.minor
