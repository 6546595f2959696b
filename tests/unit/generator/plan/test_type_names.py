"""What the types of a module are called, and which of them are one."""

from __future__ import annotations

from typing import Any

from tests.support.golden import build, document, endpoint, named, parameter, result

CHOICES = {"type": "string", "enum": ["ddim", "euler"]}


def test_two_endpoints_share_one_alias() -> None:
    info = named(
        upscale=endpoint([parameter("scheduler", CHOICES)]),
        generate=endpoint([parameter("scheduler", CHOICES)]),
    )
    module, _ = build(document(info))
    assert [(alias.name, alias.annotation) for alias in module.aliases] == [
        ("Scheduler", 'Literal["ddim", "euler"]')
    ]
    assert [e.parameters[0].annotation for e in module.endpoints] == ["Scheduler"] * 2


def choices(*values: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(values)}


def test_choices_that_come_out_are_text() -> None:
    several = {"type": "array", "items": {"enum": [1, 2]}}
    returned = [result("Mode", CHOICES), result("Sizes", several)]
    module, _ = build(document(named(pick=endpoint([], returned))))
    assert [field.annotation for field in module.endpoints[0].fields] == ["str", "list[int]"]
    assert module.aliases == ()


def test_no_choices_are_called_a_result() -> None:
    given = [parameter("result", choices("a", "b")), parameter("run_result", choices("c", "d"))]
    module, _ = build(document(named(run=endpoint(given))))
    assert [alias.name for alias in module.aliases] == ["ResultChoice", "RunResultChoice"]


def aliases(**endpoints: dict[str, Any]) -> dict[str, str]:
    """The names of the choices of an app, by what they are."""
    module, _ = build(document(named(**endpoints)))
    return {str(alias.annotation): str(alias.name) for alias in module.aliases}


def test_the_set_that_most_parameters_have_keeps_the_plain_name() -> None:
    few, many = choices("a", "b"), choices("c", "d")
    found = aliases(
        draw=endpoint([parameter("mode", few)]),
        paint=endpoint([parameter("mode", many)]),
        print=endpoint([parameter("mode", many)]),
    )
    assert found == {'Literal["a", "b"]': "DrawMode", 'Literal["c", "d"]': "Mode"}


def test_a_new_endpoint_behind_the_others_renames_no_type() -> None:
    before = {
        "draw": endpoint([parameter("mode", choices("a", "b"))]),
        "paint": endpoint([parameter("mode", choices("c", "d")), parameter("size", CHOICES)]),
    }
    names = aliases(**before)
    for added in (choices("e", "f"), choices("a", "b"), choices("c", "d"), CHOICES):
        mode, size = parameter("mode", added), parameter("size", choices("s", "l"))
        after = aliases(**before, zap=endpoint([mode, size]))
        if added != choices("c", "d"):  # then most parameters have the other set
            assert {text: after[text] for text in names} == names


def test_choices_give_way_to_names_of_the_module() -> None:
    given = [parameter("mapping", CHOICES), parameter("app", choices("x", "y"))]
    module, _ = build(document(named(run=endpoint(given)), {"title": "App store"}))
    assert [alias.name for alias in module.aliases] == ["RunApp", "RunMapping"]


def test_lists_and_unions_of_structures_have_names() -> None:
    def structure(title: str) -> dict[str, Any]:
        properties = {title[-5:].lower(): {"type": "string"}}
        return {"type": "object", "title": title, "properties": properties}

    kinds = {"anyOf": [structure("GalleryImage"), structure("GalleryVideo")]}
    pictures = {"type": "array", "title": "GalleryData", "items": kinds}
    module, _ = build(
        document(named(f=endpoint([parameter("p", pictures)], [result("p", pictures)])))
    )
    assert [(str(alias.name), str(alias.annotation)) for alias in module.aliases] == [
        ("GalleryItemInput", "GalleryImageInput | GalleryVideoInput"),
        ("GalleryInput", "Sequence[GalleryItemInput]"),
        ("GalleryItem", "GalleryImage | GalleryVideo"),
        ("Gallery", "list[GalleryItem]"),
    ]
    assert module.endpoints[0].parameters[0].annotation == "GalleryInput"
    assert module.endpoints[0].result == "Gallery"
    assert {"Gallery", "GalleryItemInput"} <= set(module.exports)


def test_equal_structures_share_one_class_and_different_ones_of_one_title_do_not() -> None:
    def structure(*keys: str) -> dict[str, Any]:
        return {
            "type": "object",
            "title": "Item",
            "properties": {key: {"type": "string"} for key in keys},
            "required": list(keys),
        }

    same, _ = build(
        document(
            named(
                a=endpoint([parameter("x", structure("k"))]),
                b=endpoint([], [result("y", structure("k"))]),
            )
        )
    )
    assert [s.name for s in same.structures] == ["ItemInput", "Item"]
    different, _ = build(
        document(
            named(
                a=endpoint([parameter("x", structure("k"))]),
                b=endpoint([parameter("x", structure("l"))]),
            )
        )
    )
    assert [s.name for s in different.structures] == ["ItemInput", "BItemInput"]


def test_structures_without_a_title_are_called_after_their_place() -> None:
    inner = {"type": "object", "properties": {"v": {"type": "string"}}}
    outer = {"type": "object", "properties": {"option": inner}}
    module, _ = build(document(named(draw=endpoint([parameter("settings", outer)]))))
    assert [s.name for s in module.structures] == ["DrawSettingsOptionInput", "DrawSettingsInput"]
