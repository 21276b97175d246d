-- The incremental paths equal those of the views: any row fails the test.
with views as (
    select opportunity_key, 'won' as outcome, channel_path, revenue_minor as amount_minor, changed_position
    from {{ source('touchline', 'path_to_conversion') }}
    union all
    select opportunity_key, outcome, channel_path, amount_minor, changed_position
    from {{ source('touchline', 'path_to_non_conversion') }}
), paths as (
    select opportunity_key, outcome, channel_path, amount_minor, changed_position
    from {{ ref('touchline_paths') }}
)
(select * from views except all select * from paths)
union all
(select * from paths except all select * from views)
