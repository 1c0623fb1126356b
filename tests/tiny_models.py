"""Vision-language models of a hundred thousand random weights, one per family, made from configuration alone."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import torch
import transformers as tf
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers.models.smolvlm import processing_smolvlm

if processing_smolvlm.num2words is None:
    processing_smolvlm.num2words = str  # it spells out how long a video is; here are none

WORDS = [
    "What is this? A. a teapot B. a kettle C. I do not know D. Please move the block to the left E. wait, rewind",
    "user assistant system model 0 1 2 3 4 5 6 7 8 9 <tool_call> </tool_call> Answer: A B C D E F G H I J K L M N O P",
    "Think step by step first. Then write your reply on a last line. Which animal, fruit or vehicle is in the picture?",
]
TEXT = {
    **{"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4},
    **{"num_key_value_heads": 2, "max_position_embeddings": 8192, "pad_token_id": 0, "bos_token_id": 1},
    "eos_token_id": 2,
}
EYES = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
TEMPLATE = (
    "{% if tools %}TOOLS {{ tools | tojson }}\n{% endif %}"
    "{% for m in messages %}{{ m['role'] }}: {% for c in m['content'] %}"
    "{% if c['type'] == 'image' %}IMAGE\n{% else %}{{ c['text'] }}{% endif %}{% endfor %}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant:{% endif %}"
)


@cache
def _trained(special):
    spelling = Tokenizer(models.BPE())
    spelling.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    spelling.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=420,
        special_tokens=["<pad>", "<s>", "</s>", "<unk>", *special],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    spelling.train_from_iterator(WORDS * 4, trainer)
    return spelling.to_str()


def tokenizer(named=None, more=()):
    """A byte-level tokenizer with the special tokens of a family."""
    named = named or {}
    spelling = Tokenizer.from_str(_trained((*dict.fromkeys(named.values()), *more)))
    return tf.PreTrainedTokenizerFast(
        tokenizer_object=spelling,
        **{"pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"},
        **({"extra_special_tokens": named} if named else {}),
        model_max_length=8192,
    )


def template(image):
    return TEMPLATE.replace("IMAGE", image)


def llava():
    words = tokenizer({"image_token": "<image>"})
    config = tf.LlavaConfig(
        vision_config=tf.CLIPVisionConfig(**EYES, image_size=28, patch_size=14, projection_dim=32),
        text_config=tf.LlamaConfig(vocab_size=len(words), **TEXT),
        image_token_index=words.image_token_id,
    )
    sight = tf.CLIPImageProcessor(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28})
    return tf.LlavaForConditionalGeneration(config), tf.LlavaProcessor(
        sight,
        words,
        patch_size=14,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=template("<image>"),
    )


def llava_next():
    words = tokenizer({"image_token": "<image>"})
    tiles = [[28, 56], [56, 28], [56, 56]]
    config = tf.LlavaNextConfig(
        vision_config=tf.CLIPVisionConfig(**EYES, image_size=28, patch_size=14, projection_dim=32),
        text_config=tf.LlamaConfig(vocab_size=len(words), **TEXT),
        image_token_index=words.image_token_id,
        image_grid_pinpoints=tiles,
    )
    sight = tf.LlavaNextImageProcessor(
        size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28}, image_grid_pinpoints=tiles
    )
    return tf.LlavaNextForConditionalGeneration(config), tf.LlavaNextProcessor(
        sight,
        words,
        patch_size=14,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=template("<image>"),
    )


def llava_onevision():
    words = tokenizer({"image_token": "<image>", "video_token": "<video>"})
    tiles = [[28, 28], [28, 56], [56, 28], [56, 56]]
    config = tf.LlavaOnevisionConfig(
        vision_config=tf.SiglipVisionConfig(**EYES, image_size=28, patch_size=14),
        text_config=tf.Qwen2Config(vocab_size=len(words), **TEXT),
        image_token_index=words.image_token_id,
        video_token_index=words.video_token_id,
        image_grid_pinpoints=tiles,
        vision_feature_select_strategy="full",
    )
    sight = tf.LlavaOnevisionImageProcessor(size={"height": 28, "width": 28}, image_grid_pinpoints=tiles)
    return tf.LlavaOnevisionForConditionalGeneration(config), _with_images_only(tf.LlavaOnevisionProcessor)(
        sight,
        words,
        _video("LlavaOnevisionProcessor", size={"height": 28, "width": 28}),
        num_image_tokens=4,
        vision_feature_select_strategy="full",
        chat_template=template("<image>"),
    )


def qwen2_5_vl():
    words = _qwen_words()
    config = tf.Qwen2_5_VLConfig(
        text_config={"vocab_size": len(words), **TEXT, "rope_parameters": QWEN_ROPE},
        vision_config={
            **{"depth": 2, "hidden_size": 32, "intermediate_size": 64, "num_heads": 4, "out_hidden_size": 32},
            **{"patch_size": 14, "spatial_merge_size": 2, "temporal_patch_size": 2, "window_size": 56},
            "fullatt_block_indexes": [1],
        },
        **_qwen_ids(words),
    )
    return tf.Qwen2_5_VLForConditionalGeneration(config), _qwen_processor(tf.Qwen2_5_VLProcessor, words, 14)


def qwen3_vl():
    words = _qwen_words()
    config = tf.Qwen3VLConfig(
        text_config={"vocab_size": len(words), **TEXT, "head_dim": 8, "rope_parameters": QWEN_ROPE},
        vision_config={
            **{"depth": 2, "hidden_size": 32, "intermediate_size": 64, "num_heads": 4, "out_hidden_size": 32},
            **{"patch_size": 16, "spatial_merge_size": 2, "temporal_patch_size": 2, "num_position_embeddings": 16},
            "deepstack_visual_indexes": [0],
        },
        **_qwen_ids(words),
    )
    return tf.Qwen3VLForConditionalGeneration(config), _qwen_processor(tf.Qwen3VLProcessor, words, 16)


QWEN_ROPE = {"rope_type": "default", "type": "mrope", "mrope_section": [1, 1, 2], "rope_theta": 10000.0}
QWEN_TOKENS = {
    "image_token": "<|image_pad|>",
    "video_token": "<|video_pad|>",
    "vision_bos_token": "<|vision_start|>",
    "vision_eos_token": "<|vision_end|>",
}


def _qwen_words():
    return tokenizer(QWEN_TOKENS)


def _qwen_ids(words):
    names = {"image": "image_token", "video": "video_token", "vision_start": "vision_bos_token"}
    names["vision_end"] = "vision_eos_token"
    return {f"{name}_token_id": words.convert_tokens_to_ids(QWEN_TOKENS[token]) for name, token in names.items()}


def _qwen_processor(family, words, patch):
    edges = {"shortest_edge": 56 * 56, "longest_edge": 56 * 56 * 4}
    sight = tf.Qwen2VLImageProcessor(size=edges, patch_size=patch, merge_size=2, temporal_patch_size=2)
    shown = template("<|vision_start|><|image_pad|><|vision_end|>")
    video = _video(family.__name__, patch_size=patch, merge_size=2, temporal_patch_size=2)
    return _with_images_only(family)(sight, words, video, chat_template=shown)


def idefics3():
    words = _idefics_words()
    config = tf.Idefics3Config(**_idefics_parts(words))
    sight = tf.Idefics3ImageProcessor(**IDEFICS_SIZES)
    return tf.Idefics3ForConditionalGeneration(config), tf.Idefics3Processor(
        sight, words, image_seq_len=4, chat_template=template("<image>")
    )


def smolvlm():
    words = _idefics_words()
    config = tf.SmolVLMConfig(**_idefics_parts(words))
    sight = tf.SmolVLMImageProcessor(**IDEFICS_SIZES)
    return tf.SmolVLMForConditionalGeneration(config), _with_images_only(tf.SmolVLMProcessor)(
        sight, words, _video("SmolVLMProcessor"), image_seq_len=4, chat_template=template("<image>")
    )


IDEFICS_SIZES = {"size": {"longest_edge": 64}, "max_image_size": {"longest_edge": 32}}


def _idefics_words():
    named = {
        **{"fake_image_token": "<fake_token_around_image>", "image_token": "<image>"},
        **{"end_of_utterance_token": "<end_of_utterance>", "global_image_token": "<global-img>"},
    }
    return tokenizer(named, [f"<row_{row}_col_{column}>" for row in range(1, 5) for column in range(1, 5)])


def _idefics_parts(words):
    return {
        "vision_config": {**EYES, "image_size": 32, "patch_size": 8},
        "text_config": tf.LlamaConfig(vocab_size=len(words), **TEXT),
        "image_token_id": words.image_token_id,
        **{"scale_factor": 2, "pad_token_id": 0},
    }


def internvl():
    named = {"start_image_token": "<img>", "end_image_token": "</img>", "video_token": "<video>"}
    words = tokenizer({**named, "context_image_token": "<IMG_CONTEXT>"})
    config = tf.InternVLConfig(
        vision_config={**EYES, "image_size": [28, 28], "patch_size": [7, 7]},
        text_config=tf.Qwen2Config(vocab_size=len(words), **TEXT),
        image_token_id=words.convert_tokens_to_ids("<IMG_CONTEXT>"),
        image_seq_length=4,
        downsample_ratio=0.5,
    )
    sight = tf.GotOcr2ImageProcessor(
        size={"height": 28, "width": 28}, crop_to_patches=True, min_patches=1, max_patches=4
    )
    video = _video("InternVLProcessor", size={"height": 28, "width": 28})
    return tf.InternVLForConditionalGeneration(config), _with_images_only(tf.InternVLProcessor)(
        sight, words, video, image_seq_length=4, chat_template=template("<IMG_CONTEXT>")
    )


def instructblip():
    words = tokenizer(more=["<image>"])
    config = tf.InstructBlipConfig(
        vision_config={**EYES, "image_size": 28, "patch_size": 14},
        qformer_config={
            **EYES,
            **{"vocab_size": len(words), "encoder_hidden_size": 32, "max_position_embeddings": 2048},
        },
        text_config=tf.LlamaConfig(vocab_size=len(words), **TEXT),
        num_query_tokens=6,
        image_token_index=words.convert_tokens_to_ids("<image>"),
    )
    sight = tf.BlipImageProcessor(size={"height": 28, "width": 28})
    return tf.InstructBlipForConditionalGeneration(config), tf.InstructBlipProcessor(
        sight, words, tokenizer(more=["<image>"]), num_query_tokens=6
    )


def phi4_multimodal():
    words = tokenizer({"image_token": "<|image|>", "audio_token": "<|audio|>"})
    ears = {"hidden_size": 32, "intermediate_size": 64, "num_blocks": 1, "num_attention_heads": 4}
    config = tf.Phi4MultimodalConfig(
        vocab_size=len(words),
        **TEXT,
        vision_config={
            **{**EYES, "image_size": 448, "crop_size": 448, "patch_size": 14},
            "image_token_id": words.image_token_id,
        },
        audio_config={
            **{**ears, "nemo_conv_channels": 32, "ext_pw_out_channel": 32},
            "audio_token_id": words.audio_token_id,
        },
    )
    sight = tf.Phi4MultimodalImageProcessor(size={"height": 448, "width": 448}, patch_size=14, dynamic_hd=1)
    hearing = tf.Phi4MultimodalFeatureExtractor()
    return tf.Phi4MultimodalForCausalLM(config), tf.Phi4MultimodalProcessor(
        sight, hearing, words, chat_template=template("<|image|>")
    )


FAMILIES = {
    family.__name__: family
    for family in (
        *(llava, llava_next, llava_onevision, qwen2_5_vl, qwen3_vl, idefics3, smolvlm, internvl, instructblip),
        *([phi4_multimodal] if tf.utils.is_torchvision_available() else []),  # it has no picture processor without
    )
}


def save(family, folder, edit=None):
    """A model of that family in a folder, after ``edit(model, processor)``."""
    torch.manual_seed(0)
    model, processor = FAMILIES[family]()
    for weights in model.parameters():
        if weights.dim() > 1:
            torch.nn.init.normal_(weights, std=0.3)  # so that what it says depends on what it sees
    model.generation_config.pad_token_id = 0
    if edit is not None:
        edit(model, processor)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return Path(folder)


# --- Processors where torchvision is missing --------------------------------------------------------------------------


class _NoVideo:
    """Stands for the video processor, which there is with torchvision only."""

    num_frames = fps = merge_size = temporal_patch_size = 1
    model_input_names = ()
    _auto_class = None


VIDEO = {
    "LlavaOnevisionProcessor": "LlavaOnevisionVideoProcessor",
    "Qwen2_5_VLProcessor": "Qwen2VLVideoProcessor",
    "Qwen3VLProcessor": "Qwen3VLVideoProcessor",
    "SmolVLMProcessor": "SmolVLMVideoProcessor",
    "InternVLProcessor": "InternVLVideoProcessor",
}


def _with_images_only(family):
    """The processor's class, content without a video processor."""

    def check(self, name, value):
        return type(value) if isinstance(value, _NoVideo) else family.check_argument_for_proper_class(self, name, value)

    def to_dict(self):
        described = family.to_dict(self)
        if isinstance(described.get("video_processor"), _NoVideo):
            described["video_processor"] = {"video_processor_type": VIDEO[family.__name__]}
        return described

    return type(family.__name__, (family,), {"check_argument_for_proper_class": check, "to_dict": to_dict})


def _video(family, **settings):
    return getattr(tf, VIDEO[family])(**settings) if tf.utils.is_torchvision_available() else _NoVideo()


def load_processor(place, **settings):
    """``AutoProcessor.from_pretrained``, for images only where it asks for torchvision."""
    try:
        return _load_any(place, **settings)
    except ImportError as error:
        if "orchvision" not in str(error) and "num2words" not in str(error):
            raise
    described, _ = tf.ProcessorMixin.get_processor_dict(place)
    no_settings = {"processor_class", "image_processor", "video_processor", "auto_map", "chat_template"}
    file = Path(place) / "chat_template.jinja"
    return _with_images_only(getattr(tf, described["processor_class"]))(
        image_processor=tf.AutoImageProcessor.from_pretrained(place, backend="pil"),
        tokenizer=tf.AutoTokenizer.from_pretrained(place),
        video_processor=_NoVideo(),
        chat_template=file.read_text() if file.exists() else described.get("chat_template"),
        **{name: value for name, value in described.items() if name not in no_settings | {"feature_extractor"}},
    )


_load_any = tf.AutoProcessor.from_pretrained
