// Tells the host how high the page is, whenever that changes. Only the height: some hosts would pin a width.

export function watchHeight(tell: (height: number) => void): void {
  const page = document.documentElement;
  let told = -1;
  let waiting = 0;
  const measure = () => {
    waiting = 0;
    // With the frame's own height in play the page could grow, but never shrink.
    const before = page.style.height;
    page.style.height = "max-content";
    const height = Math.ceil(page.getBoundingClientRect().height);
    page.style.height = before;
    if (height === told || height === 0) return;
    told = height;
    tell(height);
  };
  const soon = () => (waiting ||= requestAnimationFrame(measure));
  const observer = new ResizeObserver(soon);
  observer.observe(page);
  observer.observe(document.body);
  soon();
}
