{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='opportunity_key',
        post_hook="
            delete from {{ this }} as kept
            where not exists (select 1 from {{ source('touchline', 'path_to_conversion') }} as p where p.opportunity_key = kept.opportunity_key)
              and not exists (select 1 from {{ source('touchline', 'path_to_non_conversion') }} as p where p.opportunity_key = kept.opportunity_key)
        "
    )
}}
-- One row an opportunity. One that was won and then reopened moves from one view to the other with a higher position; one that was
-- deleted is in neither.
with paths as (
    select
        workspace, opportunity_key, opportunity_id, 'won' as outcome, converted_at as closed_at, converted_date as closed_date,
        channel_path, channel_transformed_path, campaign_path, content_path, channels, campaigns, contents, touches, people,
        first_touch_at, last_touch_at, first_channel, last_channel, revenue_minor as amount_minor, revenue as amount, currency,
        changed_position
    from {{ ref('stg_touchline__path_to_conversion') }}
    union all
    select
        workspace, opportunity_key, opportunity_id, outcome, lost_at, lost_date,
        channel_path, channel_transformed_path, campaign_path, content_path, channels, campaigns, contents, touches, people,
        first_touch_at, last_touch_at, first_channel, last_channel, amount_minor, amount, currency,
        changed_position
    from {{ ref('stg_touchline__path_to_non_conversion') }}
)
select * from paths
{% if is_incremental() %}
where changed_position > (select coalesce(max(changed_position), 0) from {{ this }})
{% endif %}
