"""Colours that can be distinguished with any colour vision.

The hues are those of Okabe and Ito (Color Universal Design, 2008), some of them darker, so that
thin lines on a light background have enough contrast.
"""

from __future__ import annotations

#: Blue, green and red, each 0 to 255.
Color = tuple[int, int, int]

BACKGROUND: Color = (250, 249, 247)
INK: Color = (60, 50, 45)
MUTED: Color = (150, 145, 140)
RULE: Color = (225, 222, 218)
#: Left, middle and right of a single person.
SIDE_COLORS: tuple[Color, Color, Color] = ((178, 114, 0), (100, 90, 80), (0, 94, 213))
#: The people of a clip with several; the colours of the sides come last.
PERSON_COLORS: tuple[Color, ...] = ((115, 158, 0), (167, 100, 190), (0, 140, 205), (205, 160, 60),
                                    (90, 80, 75), (110, 40, 140), (178, 114, 0), (0, 94, 213))
#: Thumb to little finger of a single hand.
FINGER_COLORS: tuple[Color, ...] = ((0, 94, 213), (178, 114, 0), *PERSON_COLORS[:3])
#: Curves and titles of the poses of a comparison, by their role and for further ones.
ROLE_COLORS: dict[str, Color] = {'input': (0, 94, 213), 'output': (178, 114, 0),
                                 'truth': (115, 158, 0)}


def color_of(name: str, index: int) -> Color:
    """Colour of a curve: that of its role (input, output, truth), else one by its number."""
    role = {'raw': 'input', 'smoothed': 'output'}.get(name, name)
    return ROLE_COLORS.get(role, PERSON_COLORS[index % len(PERSON_COLORS)])


def hex_color(color: Color) -> str:
    """The colour as ``#rrggbb``.

    Example:
        >>> hex_color((178, 114, 0))
        '#0072b2'
    """
    blue, green, red = color
    return f'#{red:02x}{green:02x}{blue:02x}'


def person_colors(index: int) -> tuple[Color, Color, Color]:
    """Colours of one of several people: one hue per person, lighter on the left side.

    Args:
        index: Number of the person in the clip.

    Returns:
        The left, the middle and the right.
    """
    blue, green, red = PERSON_COLORS[index % len(PERSON_COLORS)]
    lighter = tuple(round((c + b) / 2) for c, b in zip((blue, green, red), BACKGROUND))
    return (lighter[0], lighter[1], lighter[2]), (blue, green, red), (blue, green, red)
