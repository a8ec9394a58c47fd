"""Texts for test stories, of which none is a copy of another."""

from __future__ import annotations

import random

from newsserver import WORDS

_MORE = (
    "blanket carriage pepper candle meadow kettle saddle violin anchor feather basket copper ladder needle "
    "pillow quarry ribbon shovel turnip umbrella walnut barrel chimney dagger easel ferret goblet hammock "
    "insect jacket kernel lantern magnet nectar oyster parrot quilt radish sparrow trumpet velvet whistle "
    "yogurt zipper acorn bonnet cactus donkey ember fossil garlic helmet ivory jigsaw kitten lemon mitten"
).split()
_FORMS = (
    "The {} of the {} was shown to the {} on Monday, and a {} with a {} came later than the {}.",
    "No {} has seen a {} like this, said the {}, who keeps a {} beside the {} of the {}.",
    "A {} and a {} were sold for the {}, but the {} stayed with the {} until the {} was open.",
    "When the {} fell on the {}, the {} took the {} to the {} and asked for a {} in return.",
    "Each {} needs a {}, each {} a {}; so the {} will have to do without the {} this year.",
)


def text_of(story: str, count: int = 4) -> tuple[str, ...]:
    """Paragraphs that hardly share three words in a row with another story's, nor with each other."""
    dice = random.Random(story)

    def sentence() -> str:
        return dice.choice(_FORMS).format(*dice.sample([*WORDS, *_MORE], 6))

    return tuple(" ".join(sentence() for _ in range(3)) for _ in range(count))
