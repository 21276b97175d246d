-- The revenue of all contents must equal the attributed revenue: any row fails the test.
select m.revenue, t.revenue as attributed
from (select coalesce(sum(revenue), 0) as revenue from {{ ref('revenue_by_month_and_content') }}) as m
cross join (
    select coalesce(sum(revenue), 0) as revenue
    from {{ source('touchline', 'fact_attribution_total') }}
    where is_attributed
) as t
where m.revenue <> t.revenue
