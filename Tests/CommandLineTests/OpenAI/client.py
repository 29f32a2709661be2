"""Drives a server with OpenAI's client, given its port: what a user's program would do. Prints "ok" at the end."""

import asyncio
import sys

import openai

address = f"http://127.0.0.1:{sys.argv[1]}/v1"
client = openai.OpenAI(base_url=address, api_key="none", max_retries=0, timeout=60)
greedy = dict(model="tiny", max_tokens=16, temperature=0)
messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]


def refusal(kind, **arguments):
    try:
        client.completions.create(**{**greedy, "prompt": "line 1", **arguments})
    except kind as error:
        return error
    raise AssertionError(f"{arguments} was not refused")


# Models
assert [model.id for model in client.models.list()] == ["tiny"]
assert client.models.retrieve("tiny").object == "model"

# Completions, whole and streamed
whole = client.completions.create(prompt="line 1", **greedy)
text = whole.choices[0].text
assert whole.choices[0].finish_reason == "length" and whole.usage.completion_tokens == 16 and whole.usage.total_tokens == 22, whole
events = list(client.completions.create(prompt="line 1", stream=True, stream_options={"include_usage": True}, **greedy))
assert "".join(choice.text for event in events for choice in event.choices) == text
assert events[-1].usage == whole.usage, events[-1]
several = client.completions.create(prompt=["line 1", "w"], n=2, **greedy)
assert [choice.index for choice in several.choices] == [0, 1, 2, 3]
assert several.choices[0].text == several.choices[1].text == text
sampled = [client.completions.create(prompt="w", model="tiny", seed=5, top_p=0.9, extra_body={"top_k": 20}).choices[0].text for _ in range(2)]
assert sampled[0] == sampled[1]

# Chat, whole and streamed
chat = client.chat.completions.create(messages=messages, **greedy)
assert chat.choices[0].message.role == "assistant" and chat.object == "chat.completion", chat
prompt = "system: Be brief.\nuser: Hi\nassistant:"
assert chat.choices[0].message.content == client.completions.create(prompt=prompt, **greedy).choices[0].text
chunks = list(client.chat.completions.create(messages=messages, stream=True, **greedy))
assert chunks[0].choices[0].delta.role == "assistant" and chunks[-1].choices[0].finish_reason == "length"
assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == chat.choices[0].message.content

# Refusals are the client's own errors
error = refusal(openai.BadRequestError, max_tokens=10**6)
assert error.param == "max_tokens" and error.type == "invalid_request_error" and "from 1 to" in error.message, error.body
assert refusal(openai.BadRequestError, prompt="x" * 20000).code == "context_length_exceeded"
assert refusal(openai.NotFoundError, model="other").code == "model_not_found"
assert refusal(openai.BadRequestError, logprobs=1).param == "logprobs"


# Many at once: one row and a queue of four take five, further ones are told to come again and do.
async def crowd():
    async with openai.AsyncOpenAI(base_url=address, api_key="none", max_retries=20, timeout=60) as many:
        answers = await asyncio.gather(*(many.completions.create(prompt="line 1", **greedy) for _ in range(12)))
        assert {answer.choices[0].text for answer in answers} == {text}
        # A stream that is left early frees its row.
        stream = await many.completions.create(prompt="line 1", model="tiny", temperature=0, max_tokens=16000, stream=True)
        async for _ in stream:
            break
        await stream.close()


asyncio.run(crowd())
print("ok")
