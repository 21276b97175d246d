{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['workspace', 'metric', 'model', 'month_start'],
        post_hook="
            delete from {{ this }} as kept
            where not exists (
                select 1 from {{ source('touchline', 'channel_attribution') }} as c
                where c.metric = kept.metric and c.model = kept.model and c.month_start = kept.month_start
            )
        "
    )
}}
-- A month that changed comes whole and replaces what was there. Computed rows come each time: with other parameters they change without
-- a higher position.
select * from {{ ref('stg_touchline__channel_attribution') }}
{% if is_incremental() %}
where is_computed
    or changed_position > (select coalesce(max(changed_position), 0) from {{ this }} where not is_computed)
{% endif %}
