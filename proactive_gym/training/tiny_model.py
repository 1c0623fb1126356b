"""The tiny model before it has learnt anything: stock classes of transformers, so that it loads as any other does.

A FastVLM with a small ResNet for its eyes and a small Llama for the rest: four tokens for a picture of 64 x 64 pixels,
one token a word.
"""

import re
from collections.abc import Iterable
from itertools import chain
from string import ascii_letters, ascii_uppercase, digits, punctuation
from typing import Any

import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import (
    FastVlmConfig,
    FastVlmForConditionalGeneration,
    LlamaConfig,
    LlavaProcessor,
    PreTrainedTokenizerFast,
    ResNetConfig,
    ViTImageProcessorPil,
)

SIDE = 64
"""Side of its pictures in pixels; others are resized."""
STRIDE = 32
"""Side of the square that one token stands for."""
PICTURE_TOKENS = (SIDE // STRIDE) ** 2

PAD, BEGIN, END, UNKNOWN, PICTURE, USER, ASSISTANT = (
    "<pad>", "<s>", "</s>", "<unk>", "<image>", "<user>", "<assistant>",
)  # fmt: skip
PHRASES = ("Choose one of these options:", "Reply with one option and nothing else.")
"""What every user says; a token each, which shortens all prompts by a quarter."""
CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}{{ '<user>' if message['role'] != 'assistant' else '<assistant>' }}"
    "{% for block in message['content'] if block['type'] == 'text' %}{{ block['text'] }} {% endfor %}"
    "{% for block in message['content'] if block['type'] == 'image' %}<image>{% endfor %}"
    "{% if message['role'] == 'assistant' %}{{ eos_token }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
"""Pictures come last, right before the reply, where so small a model looks first."""

_SPREAD = 0.08
_CARRIED = 0.3
"""How much of what a word attends to is added to it, before anything is learnt."""
_BACK, _SHARP = (1, 1, 2), 5.0
"""How far back the first layer's heads look at first, and how sharply."""
_HEADS = 4
_LONGEST = 1024


def made_model(tokenizer: PreTrainedTokenizerFast, seed: int = 0) -> FastVlmForConditionalGeneration:
    """A model that knows nothing yet, 1.9 million parameters."""
    torch.manual_seed(seed)
    eyes = ResNetConfig(
        embedding_size=32, hidden_sizes=[32, 64, 128, 256], depths=[1, 1, 1, 1], layer_type="basic", hidden_size=256
    )
    words = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=3,
        num_attention_heads=_HEADS,
        attention_bias=True,
        max_position_embeddings=_LONGEST,
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    model = FastVlmForConditionalGeneration(
        FastVlmConfig(
            vision_config=eyes,
            text_config=words,
            image_token_index=tokenizer.convert_tokens_to_ids(PICTURE),
            image_seq_length=PICTURE_TOKENS,
            tie_word_embeddings=True,
        )
    )
    for part in (model.model.language_model, model.model.multi_modal_projector):
        for weights in part.parameters():
            if weights.ndim == 2:
                torch.nn.init.normal_(weights, std=_SPREAD)
    for number, layer in enumerate(model.model.language_model.layers):
        _wire(layer, is_first=number == 0)
    model.generation_config.max_new_tokens = 4
    return model


@torch.no_grad()
def _wire(layer: Any, is_first: bool) -> None:
    """Weights from which reading a menu is soon learnt: random, but like attends to like, and is carried as it is.

    From weights that are altogether random, letters were not bound to options within 16,000 menus; from these it takes
    3,200. In the first layer heads look one word back, or two, so that an option's words know their letter. In the
    others a word looks for itself, as the picture's tokens, which lie where words lie, then do for the subject's name.
    """
    attention, size = layer.self_attn, layer.self_attn.head_dim
    carried = torch.nn.init.orthogonal_(torch.empty_like(attention.v_proj.weight))
    attention.v_proj.weight.copy_(carried)
    attention.o_proj.weight.copy_(_CARRIED * carried.T)
    layer.mlp.down_proj.weight.mul_(0.1)
    if not is_first:
        attention.k_proj.weight.copy_(attention.q_proj.weight)
        return
    turn = 10_000.0 ** (-torch.arange(size // 2) / (size // 2))  # of the rotary embedding, a word
    for head, back in enumerate(_BACK):
        rows = slice(head * size, (head + 1) * size)
        attention.q_proj.weight[rows].mul_(0.1)
        attention.k_proj.weight[rows].mul_(0.1)
        attention.k_proj.bias[rows] = torch.cat([torch.full_like(turn, _SHARP), torch.zeros_like(turn)])
        attention.q_proj.bias[rows] = _SHARP * torch.cat([torch.cos(back * turn), -torch.sin(back * turn)])


def made_processor(tokenizer: PreTrainedTokenizerFast) -> LlavaProcessor:
    """What turns pictures and conversations into the model's input."""
    eyes = ViTImageProcessorPil(size={"height": SIDE, "width": SIDE})
    return LlavaProcessor(
        eyes, tokenizer, patch_size=STRIDE, vision_feature_select_strategy="full", chat_template=CHAT_TEMPLATE
    )


def made_tokenizer(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """A token for each word in ``texts``; any other word falls into its letters.

    Stops and line breaks are dropped. The pronoun "I" becomes "i", so that it is not taken for the ninth option.
    """
    words = sorted(set(chain.from_iterable(map(_words, texts))) - set(ascii_uppercase))
    signs = [*ascii_letters, *digits, *sorted(set(punctuation) - set(".,?!:;"))]
    pieces = dict.fromkeys([PAD, BEGIN, END, UNKNOWN, *signs, *(f"##{sign}" for sign in signs), *words])
    made = Tokenizer(models.WordPiece({piece: number for number, piece in enumerate(pieces)}, unk_token=UNKNOWN))
    made.normalizer = normalizers.Sequence(
        [normalizers.Replace(Regex(pattern), with_what) for pattern, with_what in _MENDED]
    )
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made.decoder = decoders.WordPiece()
    made.add_tokens([AddedToken(phrase, normalized=False) for phrase in PHRASES])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=made,
        pad_token=PAD,
        bos_token=BEGIN,
        eos_token=END,
        unk_token=UNKNOWN,
        extra_special_tokens={"image_token": PICTURE, "user_token": USER, "assistant_token": ASSISTANT},
        padding_side="left",
        model_max_length=_LONGEST,
    )
    return tokenizer


_MENDED = ((r"(?<!\n)\bI\b(?!\.|$)", "i"), (r"[.,?!:;]", " "))


def _words(text: str) -> list[str]:
    for pattern, with_what in _MENDED:
        text = re.sub(pattern, with_what, text)
    return text.split()


def parameters(model: Any) -> int:
    """How many numbers there are in a model, those that are shared counted once."""
    return sum(weights.numel() for weights in model.parameters())
