"""How people of many keypoints are divided: the body comes first in layouts of whole bodies."""

#: People of more keypoints are whole bodies, with hands, face and feet.
MOST_TOGETHER = 40
#: Joints of the body, which come first in layouts of whole bodies (COCO-WholeBody, Halpe).
BODY_SIZE = 17
