"""images.py SVG...: says which is not well-formed, or holds anything that acts."""
import sys
import xml.etree.ElementTree as tree

for path in sys.argv[1:]:
    try:
        root = tree.parse(path).getroot()
    except tree.ParseError as error:
        print(f"{path}: {error}; ", end="")
        continue
    for element in root.iter():
        name = str(element.tag).split("}")[-1]
        acts = [key for key in element.attrib if key.lower().startswith("on")]
        if name in ("script", "foreignObject", "image", "a", "iframe") or acts:
            print(f"{path}: <{name} {acts}>; ", end="")
            break
