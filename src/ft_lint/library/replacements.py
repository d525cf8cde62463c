"""What stands in the place of arguments, names and methods that libraries removed: by hand, from their own guides.

The migration guides of transformers (MIGRATION_GUIDE_V5.md) and trl, and the deprecation messages of the releases in
between; ``tests/test_releases.py`` holds that what is proposed is there in the newest release.
"""

from __future__ import annotations

import re

from ft_lint.light import dataclass


@dataclass(frozen=True, slots=True)
class Replacement:
    """How to mend one removed argument.

    ``new`` is the argument that takes its place, with the same value, or with ``value`` where that is given; "" where
    the argument just goes (``drop``).  ``when``: the source of the only value for which this holds; "" for any,
    ``share`` for a number between 0 and 1.  ``safe``: the program surely does what was meant.
    """

    advice: str
    new: str = ""
    value: str = ""
    when: str = ""
    drop: bool = False
    safe: bool = True


def _renamed(new: str, safe: bool = True) -> Replacement:
    return Replacement(f"write `{new}`", new, safe=safe)


def _dropped(advice: str, when: str = "", safe: bool = True) -> Replacement:
    return Replacement(advice, when=when, drop=True, safe=safe)


_TRAINING_ARGUMENTS = {
    "evaluation_strategy": _renamed("eval_strategy"),
    "no_cuda": _renamed("use_cpu"),
    "per_gpu_train_batch_size": _renamed("per_device_train_batch_size"),
    "per_gpu_eval_batch_size": _renamed("per_device_eval_batch_size"),
    "push_to_hub_token": _renamed("hub_token"),
    "warmup_ratio": Replacement(
        "give `warmup_steps` the same share (a number below 1 is one)", "warmup_steps", when="share"
    ),
    "group_by_length": Replacement(
        'write `train_sampling_strategy="group_by_length"`',
        "train_sampling_strategy",
        '"group_by_length"',
        when="True",
    ),
    "adafactor": Replacement('write `optim="adafactor"`', "optim", '"adafactor"', when="True"),
    "include_inputs_for_metrics": Replacement(
        'write `include_for_metrics=["inputs"]`', "include_for_metrics", '["inputs"]', when="True"
    ),
    "overwrite_output_dir": _dropped("leave it out, the Trainer itself never read it"),
    "save_safetensors": _dropped("leave it out, nothing else is written any more", when="True"),
    "fp16_backend": _dropped("leave it out, torch's own mixed precision is used"),
    "half_precision_backend": _dropped("leave it out, torch's own mixed precision is used"),
    "fp16_opt_level": _dropped("leave it out, it spoke to apex"),
    "logging_dir": _dropped("set the environment variable `TENSORBOARD_LOGGING_DIR`", safe=False),
    "include_tokens_per_second": _renamed("include_num_input_tokens_seen", safe=False),
    "push_to_hub_model_id": Replacement("write `hub_model_id`", "hub_model_id", safe=False),
    "push_to_hub_organization": Replacement("give `hub_model_id` as `organization/name`"),
    "dispatch_batches": Replacement('write `accelerator_config={"dispatch_batches": ...}`'),
    "split_batches": Replacement('write `accelerator_config={"split_batches": ...}`'),
    "sharded_ddp": Replacement("write `fsdp`"),
    "xpu_backend": _renamed("ddp_backend", safe=False),
    "fsdp_min_num_params": Replacement('write `fsdp_config={"min_num_params": ...}`'),
    "fsdp_transformer_layer_cls_to_wrap": Replacement('write `fsdp_config={"transformer_layer_cls_to_wrap": ...}`'),
    "use_mps_device": _dropped("leave it out, an Apple GPU is used where there is one", when="True", safe=False),
    "jit_mode_eval": _dropped("leave it out, see the migration guide", safe=False),
    "mp_parameters": _dropped("leave it out, see the migration guide", safe=False),
    "past_index": _dropped("leave it out, see the migration guide", safe=False),
    "ray_scope": _dropped("leave it out, see the migration guide", safe=False),
    "tpu_num_cores": _dropped("leave it out, see the migration guide", safe=False),
    "tpu_metrics_debug": Replacement('write `debug="tpu_metrics_debug"`'),
    "torchdynamo": Replacement("write `torch_compile=True` and `torch_compile_backend`"),
    "use_legacy_prediction_loop": _dropped("leave it out, see the migration guide", safe=False),
    "use_ipex": _dropped("leave it out, see the migration guide", safe=False),
}

_PROCESSING = _renamed("processing_class")


def _moved(config: str, new: str = "") -> Replacement:
    return Replacement(f"it is `{new}` of `{config}` now" if new else f"it is an argument of `{config}` now")


_SFT_TRAINER = {
    "tokenizer": _PROCESSING,
    "max_seq_length": _moved("SFTConfig", "max_length"),
    "dataset_text_field": _moved("SFTConfig"),
    "packing": _moved("SFTConfig"),
    "dataset_num_proc": _moved("SFTConfig"),
    "dataset_kwargs": _moved("SFTConfig"),
    "eval_packing": _moved("SFTConfig"),
    "model_init_kwargs": _moved("SFTConfig"),
    "neftune_noise_alpha": Replacement("it is an argument of `SFTConfig`, as of every `TrainingArguments`, now"),
}

ARGUMENTS: dict[str, dict[str, Replacement]] = {
    "transformers.TrainingArguments": _TRAINING_ARGUMENTS,
    "transformers.Trainer": {"tokenizer": _PROCESSING},
    "transformers.Seq2SeqTrainer": {"tokenizer": _PROCESSING},
    "transformers.Trainer.train": {"model_path": _renamed("resume_from_checkpoint")},
    "trl.SFTTrainer": _SFT_TRAINER,
    "trl.SFTConfig": {"max_seq_length": _renamed("max_length"), "use_liger": _renamed("use_liger_kernel")},
    "trl.DPOTrainer": {
        "tokenizer": _PROCESSING,
        "beta": _moved("DPOConfig"),
        "loss_type": _moved("DPOConfig"),
        "max_length": _moved("DPOConfig"),
        "max_target_length": Replacement("leave it out: `DPOConfig` has one `max_length` for prompt and answer"),
        "max_prompt_length": Replacement("leave it out: `DPOConfig` has one `max_length` for prompt and answer"),
        "label_smoothing": _moved("DPOConfig"),
        "precompute_ref_log_probs": _moved("DPOConfig"),
        "model_init_kwargs": _moved("DPOConfig"),
    },
    "trl.DPOConfig": {
        "max_prompt_length": _dropped("leave it out: `max_length` alone bounds prompt and answer", safe=False)
    },
    "trl.RewardTrainer": {"tokenizer": _PROCESSING, "max_length": _moved("RewardConfig")},
    "trl.KTOTrainer": {"tokenizer": _PROCESSING},
    "trl.ORPOTrainer": {"tokenizer": _PROCESSING},
    "trl.CPOTrainer": {"tokenizer": _PROCESSING},
}
"""By import path and removed argument."""

NAMES: dict[str, str] = {
    "transformers.AdamW": "`torch.optim.AdamW` (its `weight_decay` is 0.01 and its `eps` 1e-8 unless given)",
    "transformers.AutoModelWithLMHead": (
        "`AutoModelForCausalLM`, `AutoModelForMaskedLM` or `AutoModelForSeq2SeqLM`, by the model's kind"
    ),
    "transformers.AutoModelForVision2Seq": "`AutoModelForImageTextToText`",
    "transformers.trainer_utils.EvaluationStrategy": "`IntervalStrategy`",
    "transformers.TextDataset": "the library `datasets`",
    "transformers.LineByLineTextDataset": "the library `datasets`",
    "transformers.DataCollatorForWholeWordMask": "`DataCollatorForLanguageModeling(whole_word_mask=True)`",
    "transformers.deepspeed": "`transformers.integrations`",
    "datasets.load_metric": "`evaluate.load` of the library `evaluate`",
    "trl.DataCollatorForCompletionOnlyLM": (
        "`SFTConfig(completion_only_loss=True)` with columns `prompt` and `completion`"
    ),
    "trl.setup_chat_format": "`clone_chat_template`",
}
"""What to use instead of a removed name."""

IMAGE = "FeatureExtractor"
NO_IMAGE_PROCESSOR = frozenset({"transformers.MCTCTFeatureExtractor", "transformers.TvltFeatureExtractor"})


def new_name(path: str) -> str | None:
    """The name under which the package offers the very same now; feature extractors of images are image processors.

    In transformers 4 the one was a subclass of the other that added a warning, as peft's ``int8`` function did.
    """
    name = path.rpartition(".")[2]
    if name.endswith(IMAGE) and path.count(".") == 1 and path not in NO_IMAGE_PROCESSOR:
        return f"{name.removesuffix(IMAGE)}ImageProcessor"
    return "prepare_model_for_kbit_training" if path == "peft.prepare_model_for_int8_training" else None


_BY_CALL = "call the tokenizer itself"
_OF_TARGETS = "give the tokenizer the targets as `text_target=`"
METHODS = {
    f"transformers.PreTrainedTokenizerBase.{name}": (advice, "5.0.0")
    for name, advice in {
        "encode_plus": _BY_CALL,
        "batch_encode_plus": _BY_CALL,
        "as_target_tokenizer": _OF_TARGETS,
        "prepare_seq2seq_batch": _OF_TARGETS,
    }.items()
}
"""Methods that a base class has no more, with what to do instead and the first release without them."""


def advice_on(path: str) -> str:
    """What to do instead of asking for a removed name."""
    if path in METHODS:
        return METHODS[path][0]
    library, _, name = path.partition(".")
    if (new := new_name(path)) is not None:
        return f"use `{new}`"
    if library == "transformers" and re.match(_OTHER_FRAMEWORKS, name):
        return "transformers 5 is for torch alone, what spoke TensorFlow or JAX is in version 4"
    return f"use {NAMES[path]}" if path in NAMES else "see the release notes for what took its place"


_OTHER_FRAMEWORKS = r"TF[A-Z]|Flax[A-Z]|keras_|modeling_(tf|flax)_|create_optimizer$|AdamWeightDecay$"


def replacement(lineage: tuple[str, ...], argument: str) -> Replacement | None:
    """How to mend a removed argument of a callable, or of a class that it extends."""
    found = (ARGUMENTS.get(path, {}).get(argument) for path in lineage)
    return next((one for one in found if one is not None), None)
