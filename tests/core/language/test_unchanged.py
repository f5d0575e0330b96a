"""Whole files of Home Assistant's documentation that use only what a hall has: `usher check` finds nothing in them.

Each is as it stands there (home-assistant.io, integrations and docs), but for entities of a home; where the document has
a newer spelling and an older one, the older, which is what halls of today will bring along.
"""

from pathlib import Path

import pytest
from usher.core.__main__ import main

FILES = {
    "integrations/timer, Examples": """
timer:
  laundry:
    duration: "00:01:00"
  test:
    duration: "00:00:30"

input_boolean:
  pumprun:
  pump_other:
    name: Other

script:
  timer_control:
    alias: "Control timer from the frontend"
    sequence:
      - service: timer.start
        target:
          entity_id: timer.test
        data: {duration: "00:05:00"}
      - service: timer.pause
        entity_id: timer.test
      - action: timer.change
        target:
          entity_id: timer.test
        data: {duration: "00:00:05"}
      - service: timer.cancel
        data:
          entity_id: timer.test
      - action: timer.finish
        target: {entity_id: timer.test}

automation:
- alias: "Timerswitch"
  id: "Timerstart"
  # Timer is started when the switch pumprun is set to on.
  trigger:
  - platform: state
    entity_id: input_boolean.pumprun
    to: "on"
  action:
  - service: timer.start
    target:
      entity_id: timer.test

- alias: "Timerstop"
  id: "Timerstop"
  # When timer is stopped, the time run out, another message is sent
  trigger:
  - platform: event
    event_type: timer.finished
    event_data:
      entity_id: timer.test
  action:
  - service: persistent_notification.create
    data:
      message: "Timer finished"
""",
    "integrations/input_select, Examples": """
input_select:
  who_cooks:
    name: Who cooks today
    options:
      - Paulus
      - Anne Therese
    initial: Anne Therese
    icon: mdi:panda
  living_room_preset:
    options:
      - Visitors
      - Visitors with kids
      - Home Alone

# Example configuration.yaml entry
automation:
  - alias: "example automation"
    trigger:
      platform: event
      event_type: MY_CUSTOM_EVENT
    action:
      - service: input_select.select_option
        target:
          entity_id: input_select.who_cooks
        data:
          option: Paulus
      - service: input_select.set_options
        target:
          entity_id: input_select.who_cooks
        data:
          options: ["Item A", "Item B", "Item C"]
      - service: input_select.select_next
        target:
          entity_id: input_select.living_room_preset
""",
    "integrations/input_number, Automation examples": """
input_number:
  bedroom_brightness:
    name: Brightness
    initial: 254
    min: 0
    max: 254
    step: 1
  slider1:
    name: Slider
    initial: 30
    min: -20
    max: 35
    step: 1
  box1:
    name: Numeric Input Box
    initial: 30
    min: -20
    max: 35
    step: 1
    mode: box
    unit_of_measurement: "°C"
    icon: mdi:thermometer

automation:
  - alias: "Bedroom Light - Adjust Brightness"
    trigger:
      platform: state
      entity_id: input_number.bedroom_brightness
    action:
      - service: input_number.set_value
        target:
          entity_id: input_number.box1
        data:
          value: "{{ trigger.to_state.state | int }}"
  - alias: "Set slider"
    triggers:
      - trigger: numeric_state
        entity_id: input_number.box1
        above: input_number.slider1
        for:
          minutes: "{{ states('input_number.bedroom_brightness')|int }}"
    actions:
      - action: input_number.decrement
        target: {entity_id: input_number.box1}
""",
    "integrations/input_datetime, Automation examples": """
input_datetime:
  both_date_and_time:
    name: Input with both date and time
    has_date: true
    has_time: true
  only_date:
    name: Input with only date
    has_date: true
    has_time: false
  only_time:
    name: Input with only time
    has_date: false
    has_time: true
  bedroom_alarm_clock_time: {has_time: true}

input_boolean: {bedroom: {}}

automation:
  trigger:
    platform: time
    at: input_datetime.bedroom_alarm_clock_time
  action:
    - service: input_boolean.turn_on
      target:
        entity_id: input_boolean.bedroom

script:
  set_dates:
    sequence:
      - service: input_datetime.set_datetime
        target:
          entity_id: input_datetime.both_date_and_time
        data:
          datetime: "2020-08-24 05:30:00"
      - service: input_datetime.set_datetime
        target:
          entity_id: input_datetime.only_time
        data:
          time: "{{ now().strftime('%H:%M:%S') }}"
      - action: input_datetime.set_datetime
        target:
          entity_id: input_datetime.only_date
        data:
          date: "{{ now().strftime('%Y-%m-%d') }}"
      - action: input_datetime.set_datetime
        target:
          entity_id: input_datetime.both_date_and_time
        data:
          timestamp: "{{ now().timestamp() + 24*60*60 }}"
""",
    "integrations/input_text, input_button, group": """
input_text:
  text1:
    name: Text 1
    initial: Some Text
  text2:
    name: Text 2
    min: 8
    max: 40
  text3:
    name: Text 3
    pattern: "[a-fA-F0-9]*"
  text4:
    name: Text 4
    mode: password

input_button:
  ring_bell:
    name: Ring bell
    icon: mdi:bell

input_boolean:
  hall:
  kitchen:

group:
  kitchen:
    name: Kitchen
    entities:
      - input_boolean.kitchen
  all_rooms:
    all: true
    entities: input_boolean.hall, group.kitchen

automation 1:
  alias: "Bind Text 1 and Text 2"
  trigger:
    - platform: state
      entity_id: input_text.text1
  action:
    - service: input_text.set_value
      target:
        entity_id: input_text.text2
      data:
        value: "{{ states('input_text.text1') }}"

automation 2:
  - alias: "Send notification when pressed"
    trigger:
      - platform: state
        entity_id: input_button.ring_bell
    condition:
      - condition: state
        entity_id: group.all_rooms
        state: "on"
    action:
      - service: notify.persistent_notification
        data:
          message: "The button was pressed!"
""",
    "integrations/schedule, Full configuration": """
schedule:
  thermostat_schedule:
    name: "Thermostat schedule"
    monday:
      - from: "17:00:00"
        to: "21:00:00"
        data:
          mode: "Comfort"
          temp: 21.5
    tuesday:
      - from: "17:00:00"
        to: "21:00:00"
    sunday:
      - from: 09:00:00
        to: 24:00:00

automation:
  - alias: "Set Thermostat Temperature"
    triggers:
      - trigger: state
        entity_id:
          - schedule.thermostat_schedule
        to: "on"
      - trigger: time
        at:
          - entity_id: input_datetime.alarm
            offset: "-00:10:00"
    conditions:
      - condition: time
        after: "08:00:00"
        before: input_datetime.alarm
        weekday: [mon, tue]
    actions:
      - action: persistent_notification.create
        data:
          title: "Temperature"
          message: "{{ state_attr('schedule.thermostat_schedule', 'temp') }}"
input_datetime:
  alarm: {has_time: true}
""",
    "integrations/script, Full configuration and script syntax": """
script:
  wakeup:
    alias: "Wake Up"
    icon: "mdi:party-popper"
    description: "Turns on the bedroom lights and then the living room lights after a delay"
    variables:
      turn_on_entity: input_boolean.living_room
    fields:
      minutes:
        name: Minutes
        description: "The amount of time to wait before turning on the living room lights"
        selector:
          number:
            min: 0
            max: 60
            step: 1
            unit_of_measurement: minutes
            mode: slider
    mode: restart
    sequence:
      - event: LOGBOOK_ENTRY
        event_data:
          name: Paulus
          message: is waking up
      - alias: "Bedroom lights on"
        action: input_boolean.turn_on
        target:
          entity_id: input_boolean.bedroom
      - delay:
          minutes: "{{ minutes }}"
      - alias: "Living room lights on"
        action: input_boolean.turn_on
        target:
          entity_id: "{{ turn_on_entity }}"
      - if:
          - condition: state
            entity_id: input_boolean.bedroom
            state: "off"
        then:
          - stop: "Stop running the rest of the sequence"
      - choose:
          - conditions: "{{ is_state('input_boolean.living_room', 'on') }}"
            sequence:
              - action: script.turn_off
                target: {entity_id: script.wakeup}
          - conditions:
              - condition: not
                conditions: "{{ false }}"
            sequence: []
        default: []
      - repeat:
          until: "{{ repeat.index >= 3 }}"
          sequence:
            - wait_template: "{{ is_state('input_boolean.bedroom', 'on') }}"
              timeout: "00:01:00"
              continue_on_timeout: true
      - parallel:
          - wait_for_trigger:
              - platform: state
                entity_id: input_boolean.bedroom
                to: "off"
            timeout: 60
          - action: persistent_notification.create
            continue_on_error: true
            data: {message: "I am sent immediately"}
input_boolean:
  bedroom:
  living_room:
""",
    "integrations/template, triggers and states": """
input_number: {bathroom: {min: 0, max: 100}, kitchen: {min: 0, max: 100}}
template:
  - sensor:
      - name: "Average temperature"
        unit_of_measurement: "°C"
        state: >
          {% set bedroom = states('input_number.bathroom') | float %}
          {% set kitchen = states('input_number.kitchen') | float %}

          {{ ((bedroom + kitchen) / 2) | round(1, default=0) }}
  - binary_sensor:
      - name: Washing Machine
        delay_off:
          minutes: 5
        state: >
          {{ states('input_number.kitchen')|float > 0 }}
  - trigger:
      - platform: time_pattern
        # This will update every night
        hours: 0
        minutes: 0
    sensor:
      # Keep track how many days have past since a date
      - name: "Not smoking"
        state: '{{ ( ( as_timestamp(now()) - as_timestamp(strptime("06.07.2018", "%d.%m.%Y")) ) / 86400 ) | round(default=0) }}'
        unit_of_measurement: "Days"
  - trigger:
      - platform: event
        event_type: my_event
    binary_sensor:
      - name: New friend
        auto_off: "00:00:05"
        state: "{{ trigger.event.data.state == 'on' }}"
""",
    "docs/automation/yaml and trigger, every kind a hall has": """
automation:
  - id: my_unique_id
    alias: Hello world
    trigger:
      - platform: homeassistant
        event: start
      - platform: time_pattern
        minutes: /5
      - platform: webhook
        webhook_id: "some_hook_id"
      - platform: template
        value_template: "{{ is_state('input_boolean.paulus', 'on') }}"
        for: {minutes: 5}
      - platform: tag
        tag_id: A7-6B-90-5F
      - platform: event
        event_type: "MY_CUSTOM_EVENT"
        event_data: {mood: happy}
        context: {user_id: [MY_USER_ID]}
      - platform: persistent_notification
        update_type: [added, removed]
        notification_id: invalid_config
    condition:
      - condition: or
        conditions:
          - condition: state
            entity_id: input_boolean.paulus
            state: "on"
            for: {hours: 1, minutes: 10, seconds: 5}
          - "{{ trigger.platform == 'homeassistant' }}"
      - condition: time
        after: "15:00:00"
        before: "02:00:00"
        weekday: [mon, wed, fri]
    action:
      - service: homeassistant.turn_off
        entity_id: input_boolean.paulus
      - service: automation.turn_off
        target: {entity_id: automation.hello_world}
        data: {stop_actions: false}
    mode: queued
    max: 25
    max_exceeded: silent
    trace: {stored_traces: 10}
input_boolean: {paulus: }
""",
    "docs/configuration/packages": """
usher:
  packages:
    pack_1:
      input_boolean:
        vacation: {name: Vacation, icon: mdi:beach}
      automation:
        - alias: Vacation begins
          trigger: {platform: state, entity_id: input_boolean.vacation, from: "off", to: "on"}
          action: {service: script.simulate}
    pack_2:
      script:
        simulate:
          sequence:
            - repeat:
                for_each: [living_room, kitchen]
                sequence:
                  - service: persistent_notification.create
                    data_template:
                      title: "{{ repeat.item }}"
                      message: "{{ repeat.item | replace('_', ' ') | title }}"
""",
}


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_wrong_with_it(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "configuration.yaml").write_text(FILES[name], "utf-8")
    ended = main(["check", str(tmp_path)])
    told = capsys.readouterr()
    assert (ended, told.err) == (0, ""), told.out + told.err
    assert ":" not in told.out.replace(str(tmp_path), ""), told.out  # no warning either
