-- Every attribution model distributes the whole amount: select exactly one.
select
    d.year_month || ' ' || f.content_key as row_key,
    d.year_month,
    f.content_key,
    c.content_title,
    c.content_type,
    f.currency,
    sum(f.revenue) as revenue,
    count(distinct f.opportunity_key) as opportunities
from {{ ref('stg_touchline__fact_attribution_credit') }} as f
inner join {{ ref('stg_touchline__dim_content') }} as c on c.content_key = f.content_key
inner join {{ ref('stg_touchline__dim_date') }} as d on d.date = f.credited_date
where f.model = 'linear' and f.metric = 'revenue' and f.revenue is not null
group by d.year_month, f.content_key, c.content_title, c.content_type, f.currency
