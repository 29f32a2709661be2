"""Writes chat_templates.json: what Jinja, set up as transformers sets it up, renders.

    pip install transformers==5.24.0 jinja2==3.1.6 && python chat_templates.py > chat_templates.json
"""

import json

from transformers.utils.chat_template_utils import _compile_jinja_template

TOOLS = [{"type": "function", "function": {"name": "weather", "description": "The weather of a \"place\", é", "parameters": {
    "type": "object", "properties": {"place": {"type": "string"}, "days": {"type": "integer", "default": 3}}, "required": ["place"]}}}]
PLAIN = [{"role": "system", "content": " Be brief. "}, {"role": "user", "content": "Hello\n"}, {"role": "assistant", "content": "Hi."},
         {"role": "user", "content": "And now? 你好 <b>"}]
CALLS = [{"role": "user", "content": "Weather in Lemont?"},
         {"role": "assistant", "content": "", "tool_calls": [
             {"type": "function", "function": {"name": "weather", "arguments": {"place": "Lemont", "days": 2.5, "raw": None, "ok": True}}},
             {"name": "weather", "arguments": {}}]},
         {"role": "tool", "content": "rain"}, {"role": "tool", "content": "sun"}, {"role": "assistant", "content": "Rain, then sun."}]

CHATML = "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}" \
         "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"

LLAMA3 = "{% set loop_messages = messages %}{% for message in loop_messages %}" \
         "{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' %}" \
         "{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}" \
         "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"

# The constructs of Qwen2.5's template: tools, tool calls, and tool answers gathered into one turn.
QWEN = """{%- set opening = messages[0]['content'] if messages[0]['role'] == 'system' else 'You are Argonne.' %}
{%- if tools %}
    {{- '<|im_start|>system\\n' + opening + "\\n\\n<tools>" }}
    {%- for tool in tools %}
        {{- "\\n" }}
        {{- tool | tojson }}
    {%- endfor %}
    {{- "\\n</tools>\\nAnswer with {\\"name\\": <name>, \\"arguments\\": <object>}<|im_end|>\\n" }}
{%- else %}
    {{- '<|im_start|>system\\n' + opening + '<|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) or (message.role == "assistant" and not message.tool_calls) %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == "assistant" %}
        {{- '<|im_start|>' + message.role }}
        {%- if message.content %}
            {{- '\\n' + message.content }}
        {%- endif %}
        {%- for call in message.tool_calls %}
            {%- if call.function is defined %}
                {%- set call = call.function %}
            {%- endif %}
            {{- '\\n<tool_call>\\n{"name": "' }}
            {{- call.name }}
            {{- '", "arguments": ' }}
            {{- call.arguments | tojson }}
            {{- '}\\n</tool_call>' }}
        {%- endfor %}
        {{- '<|im_end|>\\n' }}
    {%- elif message.role == "tool" %}
        {%- if (loop.index0 == 0) or (messages[loop.index0 - 1].role != "tool") %}
            {{- '<|im_start|>user' }}
        {%- endif %}
        {{- '\\n<tool_response>\\n' }}
        {{- message.content }}
        {{- '\\n</tool_response>' }}
        {%- if loop.last or (messages[loop.index0 + 1].role != "tool") %}
            {{- '<|im_end|>\\n' }}
        {%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
"""

# The constructs of Llama 3.1's, Qwen3's and Mistral's: namespaces, slices, checks, white space by lines.
MODERN = """{{- bos_token }}
{%- if not date_string is defined %}
    {%- set date_string = "26 Jul 2024" %}
{%- endif %}
{%- if custom_tools is defined %}{% set tools = custom_tools %}{% endif %}
{%- if not tools is defined %}
    {%- set tools = none %}
{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
Today: {{ date_string }}
{# a comment #}
{% if tools is not none and tools|length > 0 %}
  {% for tool in tools %}
    {{ tool | tojson(indent=4) }}
  {% endfor %}
{% endif %}
{{ system_message }}
{%- set ns = namespace(last_user=-1, turns=0, names=[]) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if message.role == "user" and ns.last_user < 0 and message.content is string and not message.content.startswith('<tool') %}
        {%- set ns.last_user = index %}
    {%- endif %}
    {%- set ns.turns = ns.turns + 1 %}
    {%- set ns.names = ns.names + [message.role] %}
{%- endfor %}
{%- for message in messages if message.role != 'system' %}
    {%- if message.role not in ['user', 'assistant', 'tool'] %}{{ raise_exception('Unknown role: ' ~ message.role) }}{% endif %}
    {%- if loop.first and message.role != 'user' %}
        {{- raise_exception("The conversation must begin with the user") }}
    {%- endif %}
    {{- '\\n[' ~ message.role | upper ~ ' ' ~ loop.index ~ '/' ~ loop.length ~ ']' }}
    {%- if message.tool_calls is defined and message.tool_calls %}
        {%- for call in message.tool_calls %}
            {%- for key, value in (call.function if call.function is mapping else call)['arguments'].items() %}
                {{- ' ' + key + '=' + (value | string) }}
            {%- else %}
                {{- ' nothing' }}
            {%- endfor %}
        {%- endfor %}
    {%- endif %}
    {%- if message.content is string and message.content | length %}
        {{- ' ' + message.content.split('\\n')[0].strip() + ('!' if loop.last else '.') }}
    {%- endif %}
{%- endfor %}
{{- ' ' ~ ns.turns ~ ' ' ~ ns.last_user ~ ' ' ~ ns.names | join('>') }}
{%- generation %} done{% endgeneration %}
"""

CONVERSATIONS = [
    dict(messages=PLAIN, add_generation_prompt=True, bos_token="<s>"),
    dict(messages=PLAIN[1:], add_generation_prompt=False, bos_token="<|begin_of_text|>", date_string="1 May 2026"),
    dict(messages=CALLS, tools=TOOLS, add_generation_prompt=True, bos_token=""),
    dict(messages=[{"role": "robot", "content": "x"}], add_generation_prompt=True, bos_token=""),
]

SMALL = [
    "{{ 1 + 2 * 3 - 4 // 3 }} {{ 7 % 3 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 2 ** 3 }} {{ 1 / 4 }} {{ 3.5 + 1 }} {{ 10 / 5 }}",
    "{{ 'a' ~ 1 ~ none ~ true }} {{ 'ab' * 2 }} {{ [1] + [2, 'x'] }} {{ {'a': 1, 'b': [none, false]} }} {{ \"it's\" }} {{ [\"it's\", 'say \"x\"'] }}",
    "{{ 1 < 2 < 3 }} {{ 1 == 1.0 }} {{ 'a' < 'b' }} {{ true == 1 }} {{ none == false }} {{ [1, 2] == [1, 2] }} {{ 'a' != 'b' }}",
    "{{ 'b' in 'abc' }} {{ 2 in [1, 2] }} {{ 'k' in {'k': 1} }} {{ 3 not in [1] }} {{ not 1 in [1] }}",
    "{{ missing }}|{{ missing is defined }}|{{ missing is undefined }}|{{ missing | default('d') }}|{{ '' | default('e', true) }}|{{ '' | d('f') }}|",
    "{{ x.y is defined }} {{ x['k'] }} {{ x.k }} {{ x.get('k') }} {{ x.get('n') }} {{ x.get('n', 5) }} {{ x.keys() | list }} {{ x.values() | list }}",
    "{% for k, v in x | items %}{{ k }}={{ v }};{% endfor %}{% for c in 'né' %}[{{ c }}]{% endfor %}{% for i in [] %}x{% else %}empty{% endfor %}",
    "{% for i in range(10) if i % 2 %}{% if i == 7 %}{% break %}{% endif %}{% if i == 3 %}{% continue %}{% endif %}{{ i }},{{ loop.revindex0 }} {% endfor %}",
    "{% for i in [1, 2, 3] %}{{ loop.previtem }}<{{ i }}>{{ loop.nextitem }}{{ ' ' if not loop.last }}{% endfor %}",
    "{% set a = 1 %}{% for i in [1] %}{% set a = 2 %}{{ a }}{% endfor %}{{ a }}{% if true %}{% set a = 3 %}{% endif %}{{ a }}",
    "{% set a, b = 1, 'z' %}{{ a }}{{ b }}{% set t %}text {{ a }}{% endset %}{{ t | upper }}{% set l = 1, 2 %}{{ l | length }}",
    "{% set n = namespace(a=1) %}{% for i in range(3) %}{% set n.a = n.a + i %}{% endfor %}{{ n.a }}",
    "{{ 'abcdef'[1:4] }} {{ 'abcdef'[::-1] }} {{ 'abcdef'[-2:] }} {{ [1, 2, 3][:-1] }} {{ [1, 2, 3][5:] }} {{ 'abc'[0] }} {{ [1, 2][-1] }} {{ [1, 2, 3, 4][::2] }} {{ [1, 2, 3, 4][3:0:-2] }}",
    "{{ '  a b ' | trim }}|{{ ' x '.strip() }}|{{ 'xxax'.strip('x') }}|{{ 'xxax'.lstrip('x') }}|{{ 'xxax'.rstrip('x') }}|{{ ' a  b '.split() }}|{{ 'a,b,c'.split(',', 1) }}|{{ 'a,b'.split(',')[-1] }}",
    "{{ 'hello world' | title }} {{ 'hELLO' | capitalize }} {{ 'a-b' | replace('-', '+') }} {{ 'A'.lower() }} {{ 'aXbX'.replace('X', '') }} {{ 'é'.upper() }} {{ 'abc'.find('c') }} {{ 'aba'.count('a') }}",
    "{{ 'abc'.startswith('ab') }} {{ 'abc'.endswith(('x', 'bc')) }} {{ ','.join(['a', 'b']) }} {{ [1, 2] | join('-') }} {{ [3, 1] | first }} {{ [3, 1] | last }} {{ 'ab' | list }} {{ 'ab' | reverse }} {{ [1, 2] | reverse | list }}",
    "{{ m | selectattr('role', 'equalto', 'user') | list | length }} {{ m | rejectattr('role', '==', 'user') | map(attribute='role') | join(',') }} {{ m | selectattr('tool_calls', 'defined') | list | count }}",
    "{{ 'x' if missing else 'y' }} {{ 'x' if missing }}| {{ (1 if true else 2) + 1 }} {{ missing or 'or' }} {{ 0 and 1 }} {{ not missing and true }} {{ [] or {} or '' or none }}",
    "{{ 3 is number }} {{ 'a' is string }} {{ x is mapping }} {{ [] is iterable }} {{ 'a' is sequence }} {{ none is none }} {{ 3 is even }} {{ 3 is odd }} {{ 9 is divisibleby 3 }} {{ 3 is eq 3 }} {{ true is boolean }} {{ true is true }} {{ 1 is integer }} {{ 1.0 is float }} {{ 1 is in [1] }} {{ 3 is not none }} {{ x is not mapping }}",
    "{{ '3' | int + 1 }} {{ 3.9 | int }} {{ 'z' | int }} {{ 2 | float }} {{ -3 | abs }} {{ x | string }} {{ 'a\nb' | indent(2) }} {{ [1, 1, 2] | unique | list }}",
    "{{ x | tojson }} {{ [1.5, 'é\"\\n', none] | tojson }} {{ x | tojson(indent=2) }} {{ {} | tojson(indent=2) }} {{ [] | tojson }}",
    "a\n  {% if true %}\n  b\n  {% endif %}\nc {% if true %} d {% endif %} \n e",
    "a  {%- if true -%}  b  {%- endif +%}\nc\n  {%+ if true %}d{% endif %}\n",
    "a\n\t{# comment #}\nb {#- tight -#} c\n{{ 'x' }}\nd\n\n",
    "{{ 'a' 'b' }} {{ \"\\u00e9\\t\\x41\\\\\" }} {{ (1, 2)[1] }} {{ ((1)) }} {{ {'a': {'b': 1}}['a'].b }} {{ [[1, 2], [3]][0][1] }} {{ '}}' }}",
    "{%if a is defined and a%}A{%elif b%}B{%else%}C{%endif%} {%- for i in (1, 2) -%} {{i}} {%- endfor %}",
    "{{ raise_exception('no') }}", "{{ missing.attribute }}", "{{ 1 + 'a' }}", "{{ none + 1 }}", "{{ missing + 1 }}", "{% if %}", "{{ 'a' ", "{% for x in 3 %}{% endfor %}",
    "{% endif %}", "{% if true %}", "{{ 1 // 0 }}", "{{ }}", "{{ [1, }}", "{{ 'a' < 1 }}",
]


def render(template, variables):
    try:
        return _compile_jinja_template(template).render(**{"tools": None, "documents": None, **variables})
    except Exception:
        return None


small = {"messages": [], "x": {"k": "v", "n2": 1.5}, "m": [{"role": "user"}, {"role": "system", "tool_calls": []}, {"role": "user"}]}
groups = [(name, template, CONVERSATIONS) for name, template in [("ChatML", CHATML), ("Llama 3", LLAMA3), ("tools", QWEN), ("modern", MODERN)]]
groups += [("small", template, [small]) for template in SMALL]
print(json.dumps([dict(name=name, template=template, cases=[dict(variables=v, text=render(template, v)) for v in variables])
                  for name, template, variables in groups], ensure_ascii=False, indent=0))
