/* A small software renderer: skinning, triangles with a depth buffer, a floor and a round wall.
 *
 * Arrays are row-major and contiguous. Camera axes: x right, y down, z forward. The world's y axis
 * points up and its floor is y = 0. render.py compiles this file and describes the functions.
 */
#include <math.h>
#include <stdint.h>
#include <string.h>

#define NEAR 0.1f /* metres; triangles that reach closer are left out */

static float least(float a, float b, float c) { return fminf(a, fminf(b, c)); }
static float greatest(float a, float b, float c) { return fmaxf(a, fmaxf(b, c)); }

void skin(int vertices, const int *bones, const float *weights, const float *rest,
          const float *transforms, float *posed) {
  for (int i = 0; i < vertices; i++) {
    float m[12] = {0};
    for (int k = 0; k < 4; k++) {
      const float weight = weights[4 * i + k];
      const float *transform = transforms + 12 * bones[4 * i + k];
      for (int j = 0; j < 12; j++) m[j] += weight * transform[j];
    }
    const float *r = rest + 3 * i;
    for (int j = 0; j < 3; j++)
      posed[3 * i + j] = m[4 * j] * r[0] + m[4 * j + 1] * r[1] + m[4 * j + 2] * r[2] + m[4 * j + 3];
  }
}

void vertex_normals(int vertices, int faces, const int *face, const float *place, float *normal) {
  memset(normal, 0, sizeof(float) * 3 * vertices);
  for (int t = 0; t < faces; t++) {
    const float *a = place + 3 * face[3 * t], *b = place + 3 * face[3 * t + 1],
                *c = place + 3 * face[3 * t + 2];
    float u[3], v[3];
    for (int k = 0; k < 3; k++) u[k] = b[k] - a[k], v[k] = c[k] - a[k];
    const float cross[3] = {u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2],
                            u[0] * v[1] - u[1] * v[0]};
    for (int corner = 0; corner < 3; corner++)
      for (int k = 0; k < 3; k++) normal[3 * face[3 * t + corner] + k] += cross[k];
  }
  for (int i = 0; i < vertices; i++) {
    float *n = normal + 3 * i;
    const float length = sqrtf(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]) + 1e-12f;
    for (int k = 0; k < 3; k++) n[k] /= length;
  }
}

/* Draws triangles into image (height, width, 3) and depth (height, width). Without an image (NULL),
 * depth becomes 1 wherever a triangle lies, from both sides: a silhouette. */
void triangles(int faces, const int *face, const float *pixel, const float *colour, int height,
               int width, float shift_x, float shift_y, float *image, float *depth) {
  for (int t = 0; t < faces; t++) {
    const int corner[3] = {face[3 * t], face[3 * t + 1], face[3 * t + 2]};
    float x[3], y[3], z[3];
    for (int k = 0; k < 3; k++) {
      x[k] = pixel[3 * corner[k]] + shift_x;
      y[k] = pixel[3 * corner[k] + 1] + shift_y;
      z[k] = pixel[3 * corner[k] + 2];
    }
    if (least(z[0], z[1], z[2]) < NEAR) continue;
    const float area = (x[1] - x[0]) * (y[2] - y[0]) - (y[1] - y[0]) * (x[2] - x[0]);
    if (image ? area >= -1e-9f : fabsf(area) < 1e-9f) continue; /* it faces away, or is a line */
    const float left = least(x[0], x[1], x[2]), right = greatest(x[0], x[1], x[2]);
    const float top = least(y[0], y[1], y[2]), bottom = greatest(y[0], y[1], y[2]);
    if (right < 0 || bottom < 0 || left > width - 1 || top > height - 1) continue;
    const int first_x = left < 0 ? 0 : (int)ceilf(left), first_y = top < 0 ? 0 : (int)ceilf(top);
    const int last_x = right > width - 1 ? width - 1 : (int)floorf(right);
    const int last_y = bottom > height - 1 ? height - 1 : (int)floorf(bottom);
    for (int v = first_y; v <= last_y; v++)
      for (int u = first_x; u <= last_x; u++) {
        const float a = ((x[1] - u) * (y[2] - v) - (y[1] - v) * (x[2] - u)) / area;
        const float b = ((x[2] - u) * (y[0] - v) - (y[2] - v) * (x[0] - u)) / area;
        const float c = 1 - a - b;
        if (a < -1e-4f || b < -1e-4f || c < -1e-4f) continue;
        const int at = v * width + u;
        if (!image) {
          depth[at] = 1;
          continue;
        }
        const float distance = a * z[0] + b * z[1] + c * z[2];
        if (distance >= depth[at]) continue;
        depth[at] = distance;
        for (int k = 0; k < 3; k++)
          image[3 * at + k] = a * colour[3 * corner[0] + k] + b * colour[3 * corner[1] + k] +
                              c * colour[3 * corner[2] + k];
      }
  }
}

/* Colour of a texture (height, width, 3) at a place, bilinear. It repeats sideways. */
static void texture_colour(const uint8_t *texture, int height, int width, float u, float v,
                           int repeats_down, float *colour) {
  u -= floorf(u / width) * width;
  if (repeats_down) v -= floorf(v / height) * height;
  else v = v < 0 ? 0 : (v > height - 1 ? height - 1 : v);
  const int x = (int)u % width, y = (int)v < height ? (int)v : height - 1;
  const int x2 = (x + 1) % width;
  const int y2 = repeats_down ? (y + 1) % height : (y + 1 < height ? y + 1 : y);
  const float a = u - floorf(u), b = v - floorf(v);
  for (int k = 0; k < 3; k++)
    colour[k] = (1 - b) * ((1 - a) * texture[3 * (y * width + x) + k] +
                           a * texture[3 * (y * width + x2) + k]) +
                b * ((1 - a) * texture[3 * (y2 * width + x) + k] +
                     a * texture[3 * (y2 * width + x2) + k]);
}

/* Floor inside a radius (metres) around the origin, and the wall that stands there. */
void room(int height, int width, float focal, const float *rotation, const float *centre,
          const uint8_t *floor, int floor_side, float floor_scale, const uint8_t *wall,
          int wall_height, int wall_width, float radius, float wall_metres, float *image) {
  for (int v = 0; v < height; v++)
    for (int u = 0; u < width; u++) {
      const float a = (u - width / 2.f) / focal, b = (v - height / 2.f) / focal;
      float ray[3];
      for (int k = 0; k < 3; k++) ray[k] = rotation[k] * a + rotation[3 + k] * b + rotation[6 + k];
      float *colour = image + 3 * (v * width + u);
      if (ray[1] < -1e-4f) {
        const float t = -centre[1] / ray[1];
        const float x = centre[0] + t * ray[0], z = centre[2] + t * ray[2];
        if (t > 0 && x * x + z * z < radius * radius) {
          texture_colour(floor, floor_side, floor_side, x * floor_scale, z * floor_scale, 1, colour);
          continue;
        }
      }
      const float q = ray[0] * ray[0] + ray[2] * ray[2];
      const float p = centre[0] * ray[0] + centre[2] * ray[2];
      const float c = centre[0] * centre[0] + centre[2] * centre[2] - radius * radius;
      const float root = p * p - q * c;
      const float t = q > 1e-9f && root > 0 ? (-p + sqrtf(root)) / q : 1e3f;
      const float x = centre[0] + t * ray[0], z = centre[2] + t * ray[2];
      const float y = centre[1] + t * ray[1];
      texture_colour(wall, wall_height, wall_width, (atan2f(x, z) / 6.2831853f + 0.5f) * wall_width,
                     (1 - y / wall_metres) * (wall_height - 1), 0, colour);
    }
}
