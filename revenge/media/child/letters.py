"""Whether this machine has fonts, asked where posters are drawn."""

from revenge.media.posters import has_letters


def there() -> bool:
    """Whether letters can be drawn at all."""
    return has_letters()
